#ifndef QALAM_TRIALS_SUPERVISOR_POD_H_
#define QALAM_TRIALS_SUPERVISOR_POD_H_

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/output.h"
#include "trials/supervisor/plan.h"
#include "trials/supervisor/process.h"
#include "trials/supervisor/state_file.h"

namespace qalam::supervisor {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// What the pods of a job share. Must outlive them.
struct PodContext {
  const Plan* plan = nullptr;
  Surroundings surroundings;
  JobLog* log = nullptr;
  GrowingFile* captured = nullptr;
};

// A running process of a pod and its output.
class Container {
 public:
  // `is_main`: its lines go to the log as they are and may be captured.
  Container(ProcessPlan process, bool is_main, const PodContext* context);

  StartResult Start();
  const ProcessPlan& process() const { return process_; }
  pid_t pid() const { return pid_; }
  bool exited() const { return exited_; }
  int wait_status() const { return wait_status_; }
  // Exited, all that it wrote is in the log, and it has been cleaned up after.
  bool over() const { return exited_ && !pipe_.valid() && cleanup_pid_ < 0; }
  int pipe() const { return pipe_.get(); }
  std::string LastLines() const { return tail_.LastLines(3); }

  // Takes in some of what the process wrote.
  void ReadOutput();
  // What is left of its group is killed, and its cleanup is started. To be called while the process
  // is still a zombie, so that its number cannot be anybody else's.
  void OnExit(int wait_status);
  void Signal(int signal);

  // The process that cleans up after it; -1 when there is none (any more).
  pid_t cleanup_pid() const { return cleanup_pid_; }
  // When that one is given up: steady clock, nanoseconds.
  int64_t cleanup_until() const { return cleanup_until_; }
  void OnCleanupExit();
  void GiveUpCleanup();

 private:
  void TakeIn(const char* bytes, size_t size);
  void CloseOutput();
  void StartCleanup();

  const ProcessPlan process_;
  bool is_main_;
  const PodContext* context_;
  pid_t pid_ = -1;
  UniqueFd pipe_;
  LineCapture capture_;
  OutputTail tail_;
  bool at_line_start_ = true;
  bool exited_ = false;
  int wait_status_ = 0;
  int64_t left_ = 0;  // after the exit: bytes of the pipe that it wrote before
  pid_t cleanup_pid_ = -1;
  int64_t cleanup_until_ = kNever;
};

// One run of the job's processes: init ones in turn, then main with its sidecars. All times are of
// the steady clock, in nanoseconds.
class Pod {
 public:
  // `number`: how many pods the job started before; `index`: its JOB_COMPLETION_INDEX, or -1.
  Pod(const PodContext* context, int64_t number, int64_t index)
      : context_(context), number_(number), index_(index) {}

  void Start() { StartNext(); }
  // The child `pid` ended, and is a zombie still. False when it is not of this pod.
  bool OnExit(pid_t pid, int wait_status);
  // Goes on to what is due: the next init process, main, the end of sidecars.
  void Advance(int64_t now);
  // Ends it: TERM to all groups; Kill() ends it at once.
  void Terminate();
  void Kill();

  bool over() const { return phase_ == Phase::kOver; }
  bool main_exited() const { return main_exited_; }
  int64_t index() const { return index_; }
  // When Advance has something to do at the latest.
  int64_t wake_at() const;
  // When over: how it ended; kSucceeded or why not.
  const EndRecord& result() const { return result_; }
  const std::vector<std::unique_ptr<Container>>& containers() const { return containers_; }

 private:
  enum class Phase { kInit, kMain, kEnding, kOver };

  void StartNext();
  void StartMain();
  bool StartContainer(const ProcessPlan& process, bool is_main);
  ProcessPlan ForThisPod(const ProcessPlan& process) const;
  void Judge(const Container& container);
  void EndSidecars(int64_t now);

  const PodContext* context_;
  const int64_t number_;
  const int64_t index_;
  Phase phase_ = Phase::kInit;
  size_t next_init_ = 0;
  bool terminated_ = false;
  bool main_exited_ = false;
  int64_t kill_at_ = kNever;
  EndRecord result_ = {.end = JobEnd::kSucceeded};
  std::vector<std::unique_ptr<Container>> containers_;
};

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_POD_H_
