#include "storage/change_writer.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "storage/change_bytes.h"
#include "storage/row_reader.h"
#include "storage/row_text.h"

namespace qalam {
namespace {

constexpr char kInsertExperiment[] =
    "INSERT INTO experiments(namespace, name, uid, created, manifest, companions, generation,"
    " resource_version, max_trial_count, parallel_trial_count, max_failed_trial_count, condition,"
    " conditions, started, completed) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr char kUpdateExperiment[] =
    "UPDATE experiments SET generation = ?, resource_version = ?, max_trial_count = ?,"
    " parallel_trial_count = ?, max_failed_trial_count = ?, condition = ?, conditions = ?,"
    " started = ?, completed = ? WHERE id = ?";
constexpr char kInsertEvent[] =
    "INSERT INTO events(experiment, sequence, trial, warning, reason, message, time)"
    " VALUES(?,?,?,?,?,?,?)";

// What a deletion removes, children first; ?1 is the experiment, ?2 and ?3 its first and last trial
// row. Each run of a statement is a transaction of its own, so that other writers get their turn
// and the log stays short.
constexpr const char* kPurgeSteps[] = {
    "DELETE FROM metric_points WHERE (trial, attempt, ordinal) IN (SELECT trial, attempt, ordinal"
    " FROM metric_points WHERE ?1 > 0 AND trial BETWEEN ?2 AND ?3 LIMIT 10000)",
    "DELETE FROM trial_conditions WHERE (trial, position) IN (SELECT trial, position"
    " FROM trial_conditions WHERE ?1 > 0 AND trial BETWEEN ?2 AND ?3 LIMIT 10000)",
    "DELETE FROM trials WHERE id IN (SELECT id FROM trials"
    " WHERE ?1 > 0 AND id BETWEEN ?2 AND ?3 LIMIT 5000)",
    "DELETE FROM events WHERE (experiment, sequence) IN (SELECT experiment, sequence"
    " FROM events WHERE experiment = ?1 AND ?2 <= ?3 LIMIT 10000)",
    "DELETE FROM trial_counts WHERE experiment = ?1 AND ?2 <= ?3",
    "DELETE FROM experiments WHERE id = ?1 AND ?2 <= ?3",
};

constexpr char kInsertPending[] = "INSERT INTO pending(last_sequence, changes) VALUES(?1, ?2)";
// Changes that are pending at most: to put so many in their place takes some ten milliseconds, and
// several commits' worth of many clients at a time cost less than one by one.
constexpr int64_t kMaxAppended = 1024;

// Pages (of 4 KiB) in the log from which on it is copied into the file, and from which on the
// writer waits for readers so that the log can start again.
constexpr int kCheckpointPages = 2000;
constexpr int kRestartPages = 8 * kCheckpointPages;

absl::Status NoSuchExperiment(int64_t experiment) {
  return absl::NotFoundError(
      absl::StrCat("experiment ", experiment, " is not in the store: it was deleted"));
}

}  // namespace

absl::StatusOr<ExperimentRecord> ChangeWriter::CreateExperiment(const ExperimentRecord& record) {
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction, Begin());
  ExperimentRecord stored = record;
  stored.resource_version = ++sequence_;
  const absl::Status status = db_->Run(
      kInsertExperiment, stored.ns, stored.name, stored.uid, stored.created, stored.manifest,
      stored.companions, stored.generation, stored.resource_version, stored.max_trial_count,
      stored.parallel_trial_count, stored.max_failed_trial_count, stored.condition,
      WriteConditions(stored.conditions), stored.started, stored.completed);
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(absl::StrCat("experiment ", stored.ns, "/", stored.name,
                                                 " is in the store already; delete it ",
                                                 "first, or choose another metadata.name"));
  }
  QALAM_RETURN_IF_ERROR(status);
  stored.id = db_->LastRowId();
  QALAM_RETURN_IF_ERROR(Finish(&transaction));
  return stored;
}

absl::StatusOr<int64_t> ChangeWriter::Commit(absl::Span<const Change> changes) {
  if (changes.empty()) return ReadLastSequence(db_);
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction, Begin());
  QALAM_RETURN_IF_ERROR(ApplyAll(changes));
  QALAM_RETURN_IF_ERROR(Finish(&transaction));
  return sequence_;
}

absl::StatusOr<int64_t> ChangeWriter::Append(std::vector<Change> changes) {
  if (changes.empty()) return ReadLastSequence(db_);
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_, SqliteTransaction::Kind::kWrite));
  QALAM_RETURN_IF_ERROR(ReadSequence());
  for (const Change& change : changes) {
    QALAM_RETURN_IF_ERROR(
        std::visit([this](const auto& c) { return CheckExperiment(c.experiment); }, change));
  }
  const int64_t last = sequence_ + static_cast<int64_t>(changes.size());
  QALAM_RETURN_IF_ERROR(db_->Run(kInsertPending, last, SqliteBlob(WriteChanges(changes))));
  QALAM_RETURN_IF_ERROR(transaction.Commit());
  KeepLogShort();
  appended_ += static_cast<int64_t>(changes.size());
  appended_changes_.emplace_back(last, std::move(changes));
  // What could not be put in its place now stays where it is.
  if (appended_ >= kMaxAppended) ApplyPending().IgnoreError();
  return last;
}

absl::Status ChangeWriter::ApplyPending() {
  QALAM_ASSIGN_OR_RETURN(const bool pending, HasPending(db_));
  if (!pending) return absl::OkStatus();
  // If this is lost, what is pending is still there, as the two are not synced one without the
  // other; the next sync covers both.
  QALAM_RETURN_IF_ERROR(db_->Execute("PRAGMA synchronous=NORMAL"));
  absl::Status status;
  {
    absl::StatusOr<SqliteTransaction> transaction = Begin();
    status = transaction.ok() ? Finish(&*transaction) : transaction.status();
  }
  // What could not be put in its place is read again when that is tried again.
  appended_changes_.clear();
  appended_ = 0;
  const absl::Status synced_again = db_->Execute("PRAGMA synchronous=FULL");
  return status.ok() ? synced_again : status;
}

absl::Status ChangeWriter::MarkDeleted(int64_t experiment) {
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction, Begin());
  QALAM_RETURN_IF_ERROR(CheckExperiment(experiment));
  QALAM_RETURN_IF_ERROR(
      db_->Run("UPDATE experiments SET deleted = 1, resource_version = ?2 WHERE id = ?1",
               experiment, ++sequence_));
  return Finish(&transaction);
}

absl::StatusOr<bool> ChangeWriter::PurgeSome() {
  int64_t experiment = 0;
  {
    SqliteQuery row = db_->Select("SELECT id FROM experiments WHERE deleted = 1 LIMIT 1");
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return false;
    experiment = row.Int(0);
  }
  for (const char* step : kPurgeSteps) {
    QALAM_RETURN_IF_ERROR(
        db_->Run(step, experiment, TrialRow(experiment, 0), TrialRow(experiment, kMaxTrialNumber)));
    const bool removed = db_->Changes() > 0;
    KeepLogShort();
    if (removed) return true;
  }
  return true;
}

absl::StatusOr<SqliteTransaction> ChangeWriter::Begin() {
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_, SqliteTransaction::Kind::kWrite));
  if (unfinished_) drafts_.Discard();
  unfinished_ = true;
  QALAM_RETURN_IF_ERROR(ReadSequence());
  QALAM_RETURN_IF_ERROR(TakePending());
  return transaction;
}

absl::StatusOr<bool> ChangeWriter::OnlyOwnIsPending() {
  SqliteQuery row = db_->Select("SELECT last_sequence FROM pending ORDER BY last_sequence");
  for (const auto& [last, changes] : appended_changes_) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found || row.Int(0) != last) return false;
  }
  QALAM_ASSIGN_OR_RETURN(const bool more, row.Next());
  return !more;
}

absl::Status ChangeWriter::TakePending() {
  QALAM_ASSIGN_OR_RETURN(const bool own, OnlyOwnIsPending());
  if (own && appended_changes_.empty()) return absl::OkStatus();
  const auto apply = [this](int64_t last, absl::Span<const Change> changes) {
    sequence_ = last - static_cast<int64_t>(changes.size());
    return ApplyAll(changes);
  };
  if (own) {
    for (const auto& [last, changes] : appended_changes_) {
      QALAM_RETURN_IF_ERROR(apply(last, changes));
    }
    return db_->Run("DELETE FROM pending");
  }
  SqliteQuery row =
      db_->Select("SELECT last_sequence, changes FROM pending ORDER BY last_sequence");
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return db_->Run("DELETE FROM pending");
    QALAM_ASSIGN_OR_RETURN(const std::vector<Change> changes, ReadChanges(row.Blob(1)));
    QALAM_RETURN_IF_ERROR(apply(row.Int(0), changes));
  }
}

absl::Status ChangeWriter::ApplyAll(absl::Span<const Change> changes) {
  for (const Change& change : changes) {
    ++sequence_;
    QALAM_RETURN_IF_ERROR(std::visit([this](const auto& c) { return Apply(c); }, change));
    if (drafts_.full()) QALAM_RETURN_IF_ERROR(drafts_.Flush());
  }
  return absl::OkStatus();
}

absl::Status ChangeWriter::Apply(const ExperimentChange& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  const ExperimentRecord& record = change.record;
  return db_->Run(kUpdateExperiment, record.generation, sequence_, record.max_trial_count,
                  record.parallel_trial_count, record.max_failed_trial_count, record.condition,
                  WriteConditions(record.conditions), record.started, record.completed,
                  change.experiment);
}

absl::Status ChangeWriter::Apply(const TrialCreated& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  return drafts_.Apply(change, sequence_);
}

absl::Status ChangeWriter::Apply(const TrialChanged& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  return drafts_.Apply(change, sequence_);
}

absl::Status ChangeWriter::Apply(const FrontLeft& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  return drafts_.Apply(change);
}

absl::Status ChangeWriter::Apply(const MetricsAppended& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  return drafts_.Apply(change);
}

absl::Status ChangeWriter::Apply(const EventAppended& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  const EventRecord& event = change.event;
  return db_->Run(kInsertEvent, change.experiment, sequence_, event.trial, event.warning,
                  event.reason, event.message, event.time);
}

absl::Status ChangeWriter::CheckExperiment(int64_t experiment) {
  if (experiment == checked_experiment_) return absl::OkStatus();
  SqliteQuery row =
      db_->Select("SELECT 1 FROM experiments WHERE id = ?1 AND deleted = 0", experiment);
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) return NoSuchExperiment(experiment);
  checked_experiment_ = experiment;
  return absl::OkStatus();
}

absl::Status ChangeWriter::ReadSequence() {
  checked_experiment_ = 0;
  QALAM_ASSIGN_OR_RETURN(sequence_, ReadLastSequence(db_));
  return absl::OkStatus();
}

absl::Status ChangeWriter::Finish(SqliteTransaction* transaction) {
  QALAM_RETURN_IF_ERROR(drafts_.Flush());
  QALAM_RETURN_IF_ERROR(db_->Run("UPDATE sequence SET value = ?1", sequence_));
  QALAM_RETURN_IF_ERROR(transaction->Commit());
  unfinished_ = false;
  appended_changes_.clear();
  appended_ = 0;
  KeepLogShort();
  return absl::OkStatus();
}

void ChangeWriter::KeepLogShort() {
  // Each time the log has grown by so much, not after every commit: a reader may hold all of it.
  const int pages = db_->WalPages();
  if (pages < wal_pages_checkpointed_) wal_pages_checkpointed_ = 0;  // it has started again
  if (pages - wal_pages_checkpointed_ < kCheckpointPages) return;
  db_->Checkpoint(/*restart=*/pages >= kRestartPages);
  wal_pages_checkpointed_ = pages;
}

}  // namespace qalam
