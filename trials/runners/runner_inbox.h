#ifndef QALAM_TRIALS_RUNNERS_RUNNER_INBOX_H_
#define QALAM_TRIALS_RUNNERS_RUNNER_INBOX_H_

#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "trials/job.h"
#include "trials/supervisor/fd.h"

namespace qalam {

struct RunnerCommand {
  enum class Kind { kSubmit, kCancel, kStop };
  Kind kind = Kind::kStop;
  Job job;  // kCancel: only its name
  absl::Duration grace;
};

// What the callers of a runner hand to its thread. Any thread.
class RunnerInbox {
 public:
  RunnerInbox();

  // Becomes readable when there are commands.
  int wake_fd() const { return wake_.get(); }
  void Post(RunnerCommand command);
  std::vector<RunnerCommand> TakeAll();

  // The names of jobs in hand: submitted, their end not told yet. Enter is false for one that is.
  bool Enter(const std::string& job);
  void Leave(const std::string& job);
  bool Holds(const std::string& job) const;

 private:
  supervisor::UniqueFd wake_;
  mutable Mutex mutex_;
  std::vector<RunnerCommand> commands_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> in_hand_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_RUNNER_INBOX_H_
