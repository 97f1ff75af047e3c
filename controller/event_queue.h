#ifndef QALAM_CONTROLLER_EVENT_QUEUE_H_
#define QALAM_CONTROLLER_EVENT_QUEUE_H_

#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "core/mutex.h"

namespace qalam {

// What many threads want done by one. Actions run in the order in which they were posted.
class EventQueue {
 public:
  using Action = std::function<void()>;

  // False, and nothing is queued, once the queue is closed.
  bool Post(Action action);
  // Wakes WaitForInterrupt; remembered until it is asked.
  void Interrupt();
  // Ends all waiting; what is queued is dropped.
  void Close();

  // Waits for at least one action, or until `timeout` passes (then `actions` is empty), and takes
  // all. False once the queue is closed.
  bool WaitForActions(absl::Duration timeout, std::vector<Action>* actions);
  // Waits for `timeout`; true as soon as somebody interrupts or closes. Takes no actions.
  bool WaitForInterrupt(absl::Duration timeout);

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<Action> actions_ ABSL_GUARDED_BY(mutex_);
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_EVENT_QUEUE_H_
