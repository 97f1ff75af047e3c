#include "controller/event_queue.h"

#include <chrono>
#include <utility>

namespace qalam {
namespace {

// Waits on `condition` until `done` or `timeout` from now; immune to spurious wake-ups.
template <typename Done>
void WaitUntil(CondVar& condition, Mutex& mutex, absl::Duration timeout,
               Done done) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (timeout == absl::InfiniteDuration()) {
    while (!done()) condition.Wait(&mutex);
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  while (!done()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return;
    condition.WaitWithTimeout(&mutex, absl::FromChrono(left));
  }
}

}  // namespace

bool EventQueue::Post(Action action) {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  actions_.push_back(std::move(action));
  if (actions_.size() == 1) changed_.NotifyAll();
  return true;
}

void EventQueue::Interrupt() {
  MutexLock lock(&mutex_);
  interrupted_ = true;
  changed_.NotifyAll();
}

void EventQueue::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  actions_.clear();
  changed_.NotifyAll();
}

bool EventQueue::WaitForActions(absl::Duration timeout, std::vector<Action>* actions) {
  MutexLock lock(&mutex_);
  WaitUntil(changed_, mutex_, timeout,
            [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return closed_ || !actions_.empty(); });
  *actions = std::exchange(actions_, {});
  interrupted_ = false;
  return !closed_;
}

bool EventQueue::WaitForInterrupt(absl::Duration timeout) {
  MutexLock lock(&mutex_);
  WaitUntil(changed_, mutex_, timeout,
            [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return closed_ || interrupted_; });
  return closed_ || std::exchange(interrupted_, false);
}

}  // namespace qalam
