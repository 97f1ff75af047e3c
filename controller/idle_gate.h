#ifndef QALAM_CONTROLLER_IDLE_GATE_H_
#define QALAM_CONTROLLER_IDLE_GATE_H_

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace qalam {

// Lets threads wait until nothing is driven any more. Any thread.
class IdleGate {
 public:
  void Enter() {
    const MutexLock lock(&mutex_);
    ++inside_;
  }
  void Leave() {
    const MutexLock lock(&mutex_);
    --inside_;
    changed_.NotifyAll();
  }
  void Wait() {
    const MutexLock lock(&mutex_);
    while (inside_ > 0) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_IDLE_GATE_H_
