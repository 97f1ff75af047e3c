#ifndef QALAM_STORAGE_STORE_H_
#define QALAM_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/records.h"

namespace qalam {

// Which trials to list. Results are in order of number.
struct TrialQuery {
  int64_t first_number = 0;
  int64_t limit = -1;                       // -1: all
  std::optional<TrialCondition> condition;  // only these
  bool active_only = false;                 // only Created and Running
  bool with_conditions = true;              // false leaves StoredTrial::conditions empty (faster)
};

struct MetricQuery {
  std::string metric;          // empty: all
  std::optional<int> attempt;  // absent: the trial's latest
};

// Counts of trials by condition.
struct TrialCounts {
  int64_t created = 0, running = 0, succeeded = 0, killed = 0, failed = 0;
  int64_t metrics_unavailable = 0, early_stopped = 0;
  friend bool operator==(const TrialCounts&, const TrialCounts&) = default;
};

// What is kept of experiments, on disk. Any thread may call it. Several processes may have the same
// store open; which of them drives an experiment is settled elsewhere (ExperimentLock).
//
// Errors: ResourceExhausted when the disk is full (nothing was written, repeat the call when there
// is room); Unavailable when another process kept the store locked too long; DataLoss when the file
// is damaged or from a newer version; NotFound as said.
class Store {
 public:
  virtual ~Store() = default;

  // Writes a new experiment and returns it with id and resource_version. AlreadyExists when its
  // namespace and name are taken.
  virtual absl::StatusOr<ExperimentRecord> CreateExperiment(const ExperimentRecord& record) = 0;

  // Writes all changes in one transaction: all or none, on disk when this returns. Returns the last
  // sequence number given (each change takes the next one; readable with LastSequence).
  virtual absl::StatusOr<int64_t> Commit(absl::Span<const Change> changes) = 0;

  // Removes an experiment with all that belongs to it. NotFound when there is none.
  virtual absl::Status DeleteExperiment(int64_t experiment) = 0;

  virtual absl::StatusOr<int64_t> LastSequence() const = 0;
  virtual absl::StatusOr<std::vector<ExperimentRecord>> ListExperiments() const = 0;  // by ns, name
  virtual absl::StatusOr<ExperimentRecord> GetExperiment(absl::string_view ns,
                                                         absl::string_view name) const = 0;
  virtual absl::StatusOr<TrialCounts> CountTrials(int64_t experiment) const = 0;
  // Calls `visit` for each trial; stops when it returns false. Memory does not grow with their
  // number.
  virtual absl::Status VisitTrials(int64_t experiment, const TrialQuery& query,
                                   const std::function<bool(StoredTrial)>& visit) const = 0;
  virtual absl::StatusOr<StoredTrial> GetTrial(int64_t experiment,
                                               absl::string_view name) const = 0;
  virtual absl::StatusOr<StoredTrial> GetTrialByNumber(int64_t experiment,
                                                       int64_t number) const = 0;
  // The best trial: the first of those with the best finite objective among those on the Pareto
  // front where there is one, else among those that violate nothing; nothing when there is none.
  virtual absl::StatusOr<std::optional<StoredTrial>> BestTrial(int64_t experiment,
                                                               bool maximize) const = 0;
  // The trial that is nearest to keeping to the outcome constraints: the first of those with an
  // objective and the smallest finite violation above 0; nothing when there is none.
  virtual absl::StatusOr<std::optional<StoredTrial>> NearestTrial(int64_t experiment) const = 0;
  // The trials on the Pareto front in order of number, without their conditions.
  virtual absl::StatusOr<std::vector<StoredTrial>> FrontTrials(int64_t experiment) const = 0;
  virtual absl::Status VisitMetrics(int64_t experiment, int64_t number, const MetricQuery& query,
                                    const std::function<bool(MetricPoint)>& visit) const = 0;
  // How many points of this attempt are stored: the next first_ordinal.
  virtual absl::StatusOr<int64_t> CountMetrics(int64_t experiment, int64_t number,
                                               int attempt) const = 0;
  // The newest `limit` events, oldest first; of one trial when `number` is given.
  virtual absl::StatusOr<std::vector<EventRecord>> ListEvents(int64_t experiment,
                                                              std::optional<int64_t> number,
                                                              int64_t limit) const = 0;

  // Commit, for changes that are possible as the caller drives their experiments: on disk when this
  // returns, and in all that is read from then on. They are put in their place in lots, at the
  // latest before somebody reads, at a fraction of the price.
  // By value: others keep them.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  virtual absl::StatusOr<int64_t> Append(std::vector<Change> changes) { return Commit(changes); }
};

// Opens (creates, migrates) the SQLite file `path`, mode 0600. PermissionDenied, NotFound or
// DataLoss with the path and the way out.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path);

// Held while a process drives one experiment; released by the system when the process dies.
class ExperimentLock {
 public:
  virtual ~ExperimentLock() = default;
};
// Takes the lock file `path` (created; never removed). FailedPrecondition when another process
// holds it; the message says which pid, since when, and what to do.
absl::StatusOr<std::unique_ptr<ExperimentLock>> TakeExperimentLock(const std::string& path,
                                                                   absl::string_view what);

}  // namespace qalam

#endif  // QALAM_STORAGE_STORE_H_
