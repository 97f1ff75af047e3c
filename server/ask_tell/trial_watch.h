#ifndef QALAM_SERVER_ASK_TELL_TRIAL_WATCH_H_
#define QALAM_SERVER_ASK_TELL_TRIAL_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/mutex.h"

namespace qalam {

// A trial moved on, and it is on disk.
struct WatchedChange {
  int64_t number = 0;
  std::string condition;
  std::string message;
  std::optional<double> objective;
};

// Hands what happens to the trials of an experiment from the thread that makes it happen to one
// that watches.
class TrialWatch {
 public:
  static constexpr size_t kMaxWaiting = 100'000;

  void Add(WatchedChange change) ABSL_LOCKS_EXCLUDED(mutex_);
  // There will be no more; `status` is not OK when that is not because the experiment has ended.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  struct Next {
    std::optional<WatchedChange> change;  // nothing when `timeout` has passed, or at the end
    bool ended = false;
  };
  // ResourceExhausted when the watcher was too slow for what happened.
  absl::StatusOr<Next> Take(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<WatchedChange> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_SERVER_ASK_TELL_TRIAL_WATCH_H_
