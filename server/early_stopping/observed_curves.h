#ifndef QALAM_SERVER_EARLY_STOPPING_OBSERVED_CURVES_H_
#define QALAM_SERVER_EARLY_STOPPING_OBSERVED_CURVES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/curve_history.h"
#include "core/mutex.h"
#include "core/trial.h"
#include "storage/observation_log.h"

namespace qalam {

// A trial that others run.
struct ObservedTrial {
  std::string name;
  std::string start_time;  // as it was told; tells trials of equal names apart
  TrialCondition condition = TrialCondition::kCreated;
};

// Gets the texts that the i-th of the trials asked for reported of the metric, in order of time.
using TextsTaker = std::function<void(size_t i, std::vector<std::string> texts)>;

// Reads observations elsewhere: those of `trials`, from the DBManager at `address`, until
// `deadline`. May have handed some over before it fails.
class RemoteObservations {
 public:
  virtual ~RemoteObservations() = default;
  virtual absl::Status Read(const std::string& address, absl::Span<const std::string> trials,
                            const std::string& metric, absl::Time deadline,
                            const TextsTaker& take) = 0;
};

// The curves of trials that others run, read from the observations kept here, and for trials that
// have none here from a DBManager elsewhere. What a trial reported that has ended is read once, as
// far as there is room to remember it. Any thread may call it.
class ObservedCurves {
 public:
  // 8 bytes each.
  static constexpr size_t kMaxRemembered = size_t{4} << 20;

  // `local` may be null, `remote` not; both must outlive the object.
  ObservedCurves(const ObservationLog* local, RemoteObservations* remote,
                 size_t max_remembered = kMaxRemembered)
      : local_(local), remote_(remote), max_remembered_(max_remembered) {}

  // All `trials` that have started, each name once, numbered by start and name. `address` is where
  // the DBManager is; empty: there is none but our own. InvalidArgument when there is neither;
  // errors of RemoteObservations, after which the next call has less to read.
  absl::StatusOr<CurveHistory> Read(std::vector<ObservedTrial> trials, const Objective& objective,
                                    const std::string& address, absl::Time deadline)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // How many reports are remembered.
  size_t remembered() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Reports = std::vector<double>;
  struct Remembered {
    Reports reports;
    int64_t used = 0;  // the last call that used it
  };
  struct Question;

  void Recall(Question* question) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remember(const Question& question, size_t trial) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status ReadLocal(Question* question);
  absl::Status ReadRemote(Question* question, const std::string& address, absl::Time deadline);

  const ObservationLog* const local_;
  RemoteObservations* const remote_;
  const size_t max_remembered_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Remembered> ended_ ABSL_GUARDED_BY(mutex_);
  size_t remembered_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace qalam

#endif  // QALAM_SERVER_EARLY_STOPPING_OBSERVED_CURVES_H_
