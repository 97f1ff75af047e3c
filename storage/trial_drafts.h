#ifndef QALAM_STORAGE_TRIAL_DRAFTS_H_
#define QALAM_STORAGE_TRIAL_DRAFTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/sqlite_connection.h"

namespace qalam {

// What a transaction does to trials, put together so that each row is written once: a trial that is
// created, runs and ends in one transaction is one row put in, not one put in and changed twice.
// Used by one thread, within a transaction of its connection; the contracts are Store's.
class TrialDrafts {
 public:
  explicit TrialDrafts(SqliteConnection* db) : db_(db) {}

  // Each change with its sequence number; that the experiment exists is the caller's business.
  absl::Status Apply(const TrialCreated& change, int64_t sequence);
  absl::Status Apply(const TrialChanged& change, int64_t sequence);
  absl::Status Apply(const FrontLeft& change);
  absl::Status Apply(const MetricsAppended& change);

  bool full() const { return drafts_.size() >= kMaxDrafts; }
  // Writes what was put together, the counts of trials included.
  absl::Status Flush();
  // Forgets it: the transaction was rolled back.
  void Discard();

 private:
  static constexpr size_t kMaxDrafts = 4096;

  struct Point {
    int attempt = 1;
    int64_t ordinal = 0;
    MetricPoint point;
  };
  // A row of trials with what belongs to it.
  struct Draft {
    bool created = false;  // it is not in the store yet
    bool changed = false;  // it is, and its row has changed
    // All of a trial that was created; of another one what changes, and the conditions that are
    // new.
    StoredTrial trial;
    std::vector<Point> points;  // new ones
    // How many points there are of this attempt, those in the store included; of -1: not known.
    int counted_attempt = -1;
    int64_t point_count = 0;
  };

  // Of a trial that is in the store, or in its draft; NotFound.
  absl::StatusOr<Draft*> Find(int64_t experiment, int64_t number);
  absl::Status AddCondition(int64_t row, Draft* draft, bool moved, absl::Time time);
  absl::Status CountPoints(const MetricsAppended& change, Draft* draft);
  absl::Status Write(int64_t row, const Draft& draft);
  absl::Status WriteConditions(int64_t row, const Draft& draft);
  absl::Status Insert(int64_t row, const StoredTrial& trial);
  absl::StatusOr<int64_t> MetricId(const std::string& name);

  SqliteConnection* const db_;
  std::map<int64_t, Draft> drafts_;  // by row number
  std::map<std::pair<int64_t, TrialCondition>, int64_t> count_deltas_;
  std::map<std::string, int64_t> metric_ids_;  // only committed ones between transactions
};

}  // namespace qalam

#endif  // QALAM_STORAGE_TRIAL_DRAFTS_H_
