#ifndef QALAM_TRIALS_RUNNERS_RUNNER_LOOP_H_
#define QALAM_TRIALS_RUNNERS_RUNNER_LOOP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "trials/runner.h"
#include "trials/runners/captured_reader.h"
#include "trials/runners/cleanup_command.h"
#include "trials/runners/resource_ledger.h"
#include "trials/runners/runner_inbox.h"
#include "trials/runners/supervisor_pool.h"
#include "trials/supervisor/fd.h"
#include "trials/supervisor/state_file.h"

namespace qalam {

inline constexpr int64_t kMillisecond = 1'000'000;  // in nanoseconds

// The one thread of a local runner: it owns all that is known of the jobs in hand and tells the
// sink. The truth about a job is in its state file (trials/supervisor/state_file.h); whenever
// something may have changed, Settle() reads it and goes on from there.
class RunnerLoop {
 public:
  // All must outlive the loop.
  RunnerLoop(const MachineResources& machine, RunnerInbox* inbox, JobEventSink* sink);

  // Makes what Run() needs and starts the host of the supervisors.
  absl::Status Open();
  // Until a kStop command comes.
  void Run();

 private:
  enum class Phase {
    kWaiting,   // for resources
    kStarting,  // handed to a supervisor, or waiting for the host to be there again
    kUnsure,    // its state is to be read at a later time
    kRunning,   // its supervisor is watched
    kCleaning,  // its supervisor was lost: what is left of it is killed
  };

  struct ActiveJob {
    int64_t id = 0;
    Job job;
    Phase phase = Phase::kUnsure;
    bool granted = false;  // the ledger counts it
    std::vector<std::string> gpus;
    bool started_told = false;
    int64_t started = 0;   // wall clock, nanoseconds since 1970
    int starts = 0;        // how often it was handed to a supervisor
    int64_t start_at = 0;  // not before; steady clock, nanoseconds
    int clean_looks = 0;   // kCleaning: in a row that found nothing
    // kCleaning: begun as soon as none of its processes runs any more.
    std::optional<std::vector<CleanupCommand>> cleanups;
    std::optional<absl::Duration> cancel;  // the grace, once asked for
    supervisor::UniqueFd process;          // pidfd of the supervisor of an adopted job
    CapturedReader captured;
    int watch = -1;  // inotify's number for `captured`
  };

  // Commands.
  bool TakeCommands();
  void OnSubmit(Job job);
  void OnCancel(const std::string& name, absl::Duration grace);

  // The life of a job.
  void Settle(ActiveJob* active);
  void SettleFresh(ActiveJob* active);
  void RequestStart(ActiveJob* active);
  void Adopt(ActiveJob* active, const supervisor::Claim& claim);
  void BeginWatch(ActiveJob* active, int64_t started);
  void SendCancel(ActiveJob* active);
  void ConcludeUnstarted(ActiveJob* active);
  void CleanLost(ActiveJob* active);
  bool CleanedUp(ActiveJob* active);
  void Conclude(ActiveJob* active, const JobOutcome& outcome);

  // What is told.
  void TellStarted(ActiveJob* active, int64_t started);
  void TellLines(ActiveJob* active);
  void TellNotice(const std::string& job, const std::string& text);
  void WatchLines(ActiveJob* active);
  // Whether a timer looks for its lines, as nothing tells when there are new ones.
  static bool IsPolled(const ActiveJob& active);

  // The supervisors.
  void StartHost();
  void OnHostGone();
  void OnNews(const SupervisorPool::News& news);
  void OnNotStarted(ActiveJob* active, int error);

  // Events.
  void TakeNotifications();
  // For an adopted job: its supervisor outlives it while the runner that it serves is there, so the
  // state file is asked as well. False when the job is concluded, or about to be.
  bool LookForEnd(ActiveJob* active);
  void OnAdoptedEnded(ActiveJob* active);
  void Later(ActiveJob* active, int64_t wait);
  void RunTimers();
  int PollTimeout() const;
  void Watch(int file, int64_t tag, uint32_t events);
  void Dispatch(int64_t tag, uint32_t events);
  ActiveJob* Find(int64_t id);

  RunnerInbox* inbox_;
  JobEventSink* sink_;
  ResourceLedger ledger_;
  std::string memory_cgroup_;
  supervisor::UniqueFd epoll_;
  supervisor::UniqueFd notify_;
  SupervisorPool pool_;
  int64_t host_started_ = 0;  // steady clock, nanoseconds, as the timers' times
  int64_t host_retry_ = -1;   // when to try again; -1: it runs
  int64_t next_id_ = 1;
  std::map<int64_t, ActiveJob> jobs_;
  std::map<std::string, int64_t> ids_;
  std::map<int, int64_t> watches_;
  std::multimap<int64_t, int64_t> timers_;  // due time -> job
  std::set<std::string> notices_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_RUNNER_LOOP_H_
