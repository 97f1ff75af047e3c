#ifndef QALAM_TRIALS_SUPERVISOR_JOB_SUPERVISOR_H_
#define QALAM_TRIALS_SUPERVISOR_JOB_SUPERVISOR_H_

#include <signal.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/file_tail.h"
#include "trials/supervisor/memory_guard.h"
#include "trials/supervisor/output.h"
#include "trials/supervisor/plan.h"
#include "trials/supervisor/pod.h"
#include "trials/supervisor/state_file.h"

namespace qalam::supervisor {

// The signals that a supervisor reads from a signalfd. They are blocked before it is forked, so
// that none is missed.
sigset_t SupervisedSignals();

// What a supervisor hears from: signals of its children and of people, and its runner, which may be
// gone (then `runner` owns nothing).
struct Listening {
  UniqueFd signals;
  UniqueFd runner;
};

// Runs one job to its end, in a process that is the subreaper of all it starts and runs no other
// job meanwhile.
class JobSupervisor {
 public:
  // `state` is the locked state file, `started` the wall clock's time in nanoseconds since 1970.
  // `plan` and `listening` must outlive the supervisor.
  JobSupervisor(const Plan* plan, UniqueFd state, int64_t started, Listening* listening);

  // 0, or an errno when the claim cannot be written: then nothing may be started.
  int Claim();
  // Runs the claimed job and records its end; then nothing of it runs any more.
  void Run();

 private:
  void Prepare();
  // Makes a folder or file, waiting for room on the disk; `make` returns 0 or an errno.
  void Place(const char* what, const std::string& path, const std::function<int()>& make);
  void PlaceCheckpoint();
  void RunPods();
  void StartPods(int64_t now);
  // The next JOB_COMPLETION_INDEX that no pod has; -1 when pods have none.
  int64_t TakeIndex();
  void GiveBackIndex(int64_t index);
  void Wait();
  int64_t NextWake() const;
  void TakeSignals();
  void TakeRequests();
  void Reap();
  void Settle(const EndRecord& result);
  void CheckTimes(int64_t now);
  void Decide(EndRecord result, int64_t grace);
  void DecideOutOfMemory();
  void OnCancel(int64_t grace);
  void RemoveFinishedPods();
  void KillOrphans();
  void FlushFiles();
  // Until a signal or a request came, for a second at most.
  void AwaitSignals();
  void Record();
  // How many pods should run at the same time now.
  int64_t WantedPods() const;
  bool stalled() const { return log_.stalled() || captured_.stalled(); }

  const Plan* plan_;
  UniqueFd state_;
  Listening* listening_;
  JobLog job_log_;
  GrowingFile& log_;
  GrowingFile captured_;
  LineCapture tail_capture_;
  std::optional<FileTail> tail_;
  MemoryGuard memory_;
  PodContext context_;
  std::vector<std::unique_ptr<Pod>> pods_;

  int64_t started_;
  int64_t deadline_ = kNever;  // this and what follows: steady clock, nanoseconds
  int64_t not_before_ = 0;     // back-off: no pod is started earlier
  int64_t kill_at_ = kNever;
  int64_t retry_at_ = kNever;  // when to try again to write
  int64_t succeeded_ = 0;
  int64_t failed_ = 0;
  int64_t started_pods_ = 0;
  std::vector<bool> taken_;  // by JOB_COMPLETION_INDEX: a pod runs for it or has succeeded
  int64_t first_free_ = 0;   // all before it are taken
  bool cancelled_ = false;
  std::optional<EndRecord> end_;  // set when it is decided how the job ends
};

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_JOB_SUPERVISOR_H_
