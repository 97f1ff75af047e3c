#include "storage/change_writer.h"

#include <cmath>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/parameter.h"
#include "core/status_macros.h"
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
constexpr char kInsertTrial[] =
    "INSERT INTO trials(id, experiment, number, name, uid, assignment, labels, condition, reason,"
    " message, attempt, asked_at, created, started, completed, observation, objective,"
    " resource_version, explanation, violation, on_front)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr char kUpdateTrial[] =
    "UPDATE trials SET condition = ?2, reason = ?3, message = ?4, attempt = ?5, started = ?6,"
    " completed = ?7, observation = ?8, objective = ?9, resource_version = ?10, violation = ?11,"
    " on_front = ?12 WHERE id = ?1";
constexpr char kLeaveFront[] = "UPDATE trials SET on_front = 0 WHERE id = ?1";
constexpr char kTrialBefore[] =
    "SELECT condition, attempt, started, completed FROM trials WHERE id = ?1";
constexpr char kInsertCondition[] =
    "INSERT INTO trial_conditions(trial, position, type, status, reason, message, last_update,"
    " last_transition) VALUES(?1, (SELECT coalesce(max(position) + 1, 0) FROM trial_conditions"
    " WHERE trial = ?1), ?2, ?3, ?4, ?5, ?6, ?7)";
// Katib leaves Created true for ever.
constexpr char kEndConditions[] =
    "UPDATE trial_conditions SET status = 0, last_update = ?2, last_transition = ?2"
    " WHERE trial = ?1 AND status = 1 AND type <> 'Created'";
constexpr char kRenewCondition[] =
    "UPDATE trial_conditions SET reason = ?2, message = ?3, last_update = ?4 WHERE trial = ?1 AND"
    " position = (SELECT max(position) FROM trial_conditions WHERE trial = ?1)";
constexpr char kAddToCount[] =
    "INSERT INTO trial_counts(experiment, condition, trials) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(experiment, condition) DO UPDATE SET trials = trials + ?3";
constexpr char kInsertPoint[] =
    "INSERT INTO metric_points(trial, attempt, ordinal, metric, value, text, time, step)"
    " VALUES(?,?,?,?,?,?,?,?)";
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

// Pages (of 4 KiB) in the log from which on it is copied into the file, and from which on the
// writer waits for readers so that the log can start again.
constexpr int kCheckpointPages = 2000;
constexpr int kRestartPages = 8 * kCheckpointPages;

constexpr size_t kMaxCachedMetricNames = 1000;

absl::Status NoSuchExperiment(int64_t experiment) {
  return absl::NotFoundError(
      absl::StrCat("experiment ", experiment, " is not in the store: it was deleted"));
}

// The text to store beside a metric's value: nothing where the value prints as the text.
std::optional<absl::string_view> OwnText(const MetricPoint& point) {
  // The sign of a zero does not survive a REAL column.
  const bool negative_zero = point.value == 0 && std::signbit(point.value);
  if (!negative_zero && point.text == FormatNumber(point.value)) return std::nullopt;
  return point.text;
}

}  // namespace

absl::StatusOr<ExperimentRecord> ChangeWriter::CreateExperiment(const ExperimentRecord& record) {
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_, SqliteTransaction::Kind::kWrite));
  QALAM_RETURN_IF_ERROR(ReadSequence());
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
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_, SqliteTransaction::Kind::kWrite));
  absl::Status status = ReadSequence();
  if (status.ok()) status = ApplyAll(changes);
  if (status.ok()) status = Finish(&transaction);
  if (status.ok()) return sequence_;
  metric_ids_.clear();  // some may have been given in this transaction
  return status;
}

absl::Status ChangeWriter::MarkDeleted(int64_t experiment) {
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_, SqliteTransaction::Kind::kWrite));
  QALAM_RETURN_IF_ERROR(ReadSequence());
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

absl::Status ChangeWriter::ApplyAll(absl::Span<const Change> changes) {
  for (const Change& change : changes) {
    ++sequence_;
    QALAM_RETURN_IF_ERROR(std::visit([this](const auto& c) { return Apply(c); }, change));
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
  const StoredTrial& trial = change.trial;
  const int64_t row = TrialRow(change.experiment, trial.number);
  if (row < 0) {
    return absl::InternalError(absl::StrCat("trial ", trial.name, " of experiment ",
                                            change.experiment, " has number ", trial.number,
                                            ", allowed is 0 to ", kMaxTrialNumber));
  }
  const int64_t asked_at = change.asked_back > 0 ? sequence_ - change.asked_back : trial.asked_at;
  const absl::Status status = db_->Run(
      kInsertTrial, row, change.experiment, trial.number, trial.name, trial.uid,
      WriteNamedValues(trial.assignment), WriteLabels(trial.labels),
      TrialConditionName(trial.condition), trial.reason, trial.message, trial.attempt, asked_at,
      trial.created, trial.started, trial.completed, WriteObservation(trial.observation),
      trial.objective, sequence_, trial.explanation, trial.violation, trial.on_front);
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(absl::StrCat("trial ", trial.name, " (number ", trial.number,
                                                 ") of experiment ", change.experiment,
                                                 " is in the store already"));
  }
  QALAM_RETURN_IF_ERROR(status);
  ++count_deltas_[{change.experiment, trial.condition}];
  return AddConditions(row, trial);
}

// The history that the trial came with, else one that starts with its condition.
absl::Status ChangeWriter::AddConditions(int64_t trial_row, const StoredTrial& trial) {
  if (trial.conditions.empty()) {
    return db_->Run(kInsertCondition, trial_row, TrialConditionName(trial.condition), true,
                    trial.reason, trial.message, trial.created, trial.created);
  }
  for (const ConditionRecord& condition : trial.conditions) {
    QALAM_RETURN_IF_ERROR(db_->Run(kInsertCondition, trial_row, condition.type, condition.status,
                                   condition.reason, condition.message, condition.last_update,
                                   condition.last_transition));
  }
  return absl::OkStatus();
}

absl::Status ChangeWriter::Apply(const TrialChanged& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  QALAM_ASSIGN_OR_RETURN(const Before before, ReadBefore(change.experiment, change.number));
  const bool same_attempt = change.attempt == before.attempt;
  const bool moved = change.condition != before.condition || !same_attempt;
  std::optional<absl::Time> started = same_attempt ? before.started : std::nullopt;
  if (change.condition == TrialCondition::kRunning && !started.has_value()) started = change.time;
  std::optional<absl::Time> completed;
  if (IsFinal(change.condition)) completed = moved ? change.time : before.completed;

  const int64_t row = TrialRow(change.experiment, change.number);
  QALAM_RETURN_IF_ERROR(db_->Run(kUpdateTrial, row, TrialConditionName(change.condition),
                                 change.reason, change.message, change.attempt, started, completed,
                                 WriteObservation(change.observation), change.objective, sequence_,
                                 change.violation, change.on_front));
  --count_deltas_[{change.experiment, before.condition}];
  ++count_deltas_[{change.experiment, change.condition}];
  if (!moved) {
    return db_->Run(kRenewCondition, row, change.reason, change.message, change.time);
  }
  QALAM_RETURN_IF_ERROR(db_->Run(kEndConditions, row, change.time));
  return db_->Run(kInsertCondition, row, TrialConditionName(change.condition), true, change.reason,
                  change.message, change.time, change.time);
}

absl::Status ChangeWriter::Apply(const FrontLeft& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  for (const int64_t number : change.numbers) {
    QALAM_RETURN_IF_ERROR(db_->Run(kLeaveFront, TrialRow(change.experiment, number)));
    if (db_->Changes() == 0) return NoSuchTrial(change.experiment, number);
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangeWriter::Before> ChangeWriter::ReadBefore(int64_t experiment, int64_t number) {
  SqliteQuery row = db_->Select(kTrialBefore, TrialRow(experiment, number));
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) return NoSuchTrial(experiment, number);
  const std::optional<TrialCondition> condition = ParseTrialCondition(row.Text(0));
  if (!condition.has_value()) {
    return absl::DataLossError(absl::StrCat("the store ", db_->path(), " is damaged: trial ",
                                            number, " has condition \"", row.Text(0),
                                            "\"; restore a backup"));
  }
  return Before{.condition = *condition,
                .attempt = static_cast<int>(row.Int(1)),
                .started = row.OptionalTime(2),
                .completed = row.OptionalTime(3)};
}

absl::Status ChangeWriter::Apply(const MetricsAppended& change) {
  QALAM_RETURN_IF_ERROR(CheckExperiment(change.experiment));
  QALAM_RETURN_IF_ERROR(ReadBefore(change.experiment, change.number).status());
  QALAM_ASSIGN_OR_RETURN(const int64_t stored,
                         CountMetricRows(db_, change.experiment, change.number, change.attempt));
  if (change.first_ordinal > stored || change.first_ordinal < 0) {
    return absl::InternalError(absl::StrCat("metric points of trial ", change.number, ", attempt ",
                                            change.attempt, ", start at ordinal ",
                                            change.first_ordinal, ", but ", stored,
                                            " are stored: points would be missing"));
  }
  const int64_t row = TrialRow(change.experiment, change.number);
  const int64_t count = static_cast<int64_t>(change.points.size());
  // What a restarted collector tells again is stored already.
  for (int64_t i = stored - change.first_ordinal; i < count; ++i) {
    const MetricPoint& point = change.points[i];
    QALAM_ASSIGN_OR_RETURN(const int64_t metric, MetricId(point.metric));
    QALAM_RETURN_IF_ERROR(db_->Run(kInsertPoint, row, change.attempt, change.first_ordinal + i,
                                   metric, point.value, OwnText(point), point.time, point.step));
  }
  return absl::OkStatus();
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

absl::StatusOr<int64_t> ChangeWriter::MetricId(const std::string& name) {
  const auto cached = metric_ids_.find(name);
  if (cached != metric_ids_.end()) return cached->second;
  // The no-op update makes the row's id come back also when the name is there.
  SqliteQuery row = db_->Select(
      "INSERT INTO metric_names(name) VALUES(?1)"
      " ON CONFLICT(name) DO UPDATE SET name = name RETURNING id",
      name);
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) return absl::InternalError(absl::StrCat("metric ", name, " got no id in the store"));
  const int64_t id = row.Int(0);
  if (metric_ids_.size() >= kMaxCachedMetricNames) metric_ids_.clear();
  metric_ids_.emplace(name, id);
  return id;
}

absl::Status ChangeWriter::ReadSequence() {
  count_deltas_.clear();
  checked_experiment_ = 0;
  QALAM_ASSIGN_OR_RETURN(sequence_, ReadLastSequence(db_));
  return absl::OkStatus();
}

absl::Status ChangeWriter::Finish(SqliteTransaction* transaction) {
  for (const auto& [key, delta] : count_deltas_) {
    if (delta == 0) continue;
    QALAM_RETURN_IF_ERROR(db_->Run(kAddToCount, key.first, TrialConditionName(key.second), delta));
  }
  QALAM_RETURN_IF_ERROR(db_->Run("UPDATE sequence SET value = ?1", sequence_));
  QALAM_RETURN_IF_ERROR(transaction->Commit());
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
