#include "server/ask_tell/trial_watch.h"

#include <utility>

namespace qalam {

void TrialWatch::Add(WatchedChange change) {
  MutexLock lock(&mutex_);
  if (ended_) return;
  if (waiting_.size() >= kMaxWaiting) {
    waiting_.clear();
    ended_ = true;
    status_ = absl::ResourceExhaustedError(
        "the watcher is too slow for what happens; read the experiment and watch again");
  } else {
    waiting_.push_back(std::move(change));
  }
  changed_.NotifyAll();
}

void TrialWatch::End(absl::Status status) {
  MutexLock lock(&mutex_);
  if (ended_) return;
  ended_ = true;
  status_ = std::move(status);
  changed_.NotifyAll();
}

absl::StatusOr<TrialWatch::Next> TrialWatch::Take(absl::Duration timeout) {
  MutexLock lock(&mutex_);
  if (waiting_.empty() && !ended_) changed_.WaitWithTimeout(&mutex_, timeout);
  Next next;
  if (!waiting_.empty()) {
    next.change = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }
  if (ended_ && !status_.ok()) return status_;
  next.ended = ended_;
  return next;
}

}  // namespace qalam
