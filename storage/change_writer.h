#ifndef QALAM_STORAGE_CHANGE_WRITER_H_
#define QALAM_STORAGE_CHANGE_WRITER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/records.h"
#include "storage/sqlite_connection.h"
#include "storage/trial_drafts.h"

namespace qalam {

// The writing half of Store, on one connection and used by one thread at a time; the contracts are
// Store's. Every transaction takes the write lock first and reads the sequence under it, so the
// numbers of several processes are unique and grow in the order of their commits.
class ChangeWriter {
 public:
  explicit ChangeWriter(SqliteConnection* db) : db_(db), drafts_(db) {}

  absl::StatusOr<ExperimentRecord> CreateExperiment(const ExperimentRecord& record);
  absl::StatusOr<int64_t> Commit(absl::Span<const Change> changes);

  // Changes in two parts, as a transaction that touches every table and index writes ten pages to
  // the disk: they are kept as one row of bytes, which is synced, and many such rows are put in
  // their place by one transaction, which need not be. Every other transaction, of whichever
  // process, does that first, so that the order of changes is that of their numbers.
  absl::StatusOr<int64_t> Append(std::vector<Change> changes);
  absl::Status ApplyPending();

  // Deletion in two parts: the mark, from which on the experiment is not there for anyone, and the
  // removal of what belongs to marked experiments, also of those that a process left half removed.
  // One call removes some thousand rows; false when nothing is left to remove.
  absl::Status MarkDeleted(int64_t experiment);
  absl::StatusOr<bool> PurgeSome();

 private:
  // Takes the write lock, and puts in its place what is pending.
  absl::StatusOr<SqliteTransaction> Begin();
  absl::Status TakePending();
  // Whether what is pending is appended_changes_, all of it.
  absl::StatusOr<bool> OnlyOwnIsPending();
  absl::Status ApplyAll(absl::Span<const Change> changes);
  absl::Status Apply(const ExperimentChange& change);
  absl::Status Apply(const TrialCreated& change);
  absl::Status Apply(const TrialChanged& change);
  absl::Status Apply(const FrontLeft& change);
  absl::Status Apply(const MetricsAppended& change);
  absl::Status Apply(const EventAppended& change);

  absl::Status CheckExperiment(int64_t experiment);

  absl::Status ReadSequence();
  // Writes the counts and the sequence, ends the transaction and keeps the log short.
  absl::Status Finish(SqliteTransaction* transaction);
  void KeepLogShort();

  SqliteConnection* const db_;
  // Changes that were appended since they were last put in their place, by the number of the last
  // one: they need not be read again unless another process came between.
  std::vector<std::pair<int64_t, std::vector<Change>>> appended_changes_;
  int64_t appended_ = 0;            // how many
  int wal_pages_checkpointed_ = 0;  // length of the log at the last checkpoint
  // Of the transaction under way.
  int64_t sequence_ = 0;
  int64_t checked_experiment_ = 0;
  TrialDrafts drafts_;
  bool unfinished_ = false;  // it is under way, or was rolled back
};

}  // namespace qalam

#endif  // QALAM_STORAGE_CHANGE_WRITER_H_
