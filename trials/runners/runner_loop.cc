#include "trials/runners/runner_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <utility>

#include "absl/strings/str_split.h"
#include "trials/runners/job_plan.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/memory_guard.h"
#include "trials/supervisor/proc.h"

namespace qalam {
namespace {

using supervisor::JobPhase;
using supervisor::JobState;
using supervisor::SteadyNs;
using supervisor::UniqueFd;
using supervisor::WallNs;

// A state that is about to change: its writer is between two system calls.
constexpr int64_t kSoon = 2 * kMillisecond;
constexpr int64_t kFirstRestart = 100 * kMillisecond;
constexpr int64_t kRetryStart = 1000 * kMillisecond;

UniqueFd OpenProcess(int64_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
}

}  // namespace

void RunnerLoop::OnSubmit(Job job) {
  const int64_t id = next_id_++;
  ids_[job.name] = id;
  ActiveJob& active = jobs_[id];
  active.id = id;
  active.job = std::move(job);
  Settle(&active);
}

void RunnerLoop::OnCancel(const std::string& name, absl::Duration grace) {
  const auto found = ids_.find(name);
  ActiveJob* active = found == ids_.end() ? nullptr : Find(found->second);
  if (active == nullptr) return;
  active->cancel = active->cancel ? std::min(*active->cancel, grace) : grace;
  if (active->phase == Phase::kRunning) return SendCancel(active);
  // One that is with a supervisor is cancelled when that says that it has begun.
  const bool asked = active->phase == Phase::kStarting && pool_.Has(active->id);
  if (!asked && active->phase != Phase::kCleaning) Settle(active);
}

void RunnerLoop::Settle(ActiveJob* active) {
  JobState state = supervisor::ReadJobState(active->job.directory);
  switch (state.phase) {
    case JobPhase::kFresh:
      return SettleFresh(active);
    case JobPhase::kStarting:
      return Later(active, kSoon);
    case JobPhase::kRunning:
      return Adopt(active, state.claim);
    case JobPhase::kEnded:
      TellStarted(active, state.end.started);
      return Conclude(active, OutcomeOf(state.end));
    case JobPhase::kLost:
      active->phase = Phase::kCleaning;
      active->started = state.claim.started;
      return CleanLost(active);
  }
}

void RunnerLoop::SettleFresh(ActiveJob* active) {
  if (active->cancel) return ConcludeUnstarted(active);
  if (active->granted) {
    const int64_t wait = active->start_at - SteadyNs();
    return wait > 0 ? Later(active, wait) : RequestStart(active);
  }
  if (active->phase == Phase::kWaiting) return;
  active->phase = Phase::kWaiting;
  ledger_.Enqueue(active->id, RequestOf(active->job));
}

void RunnerLoop::RequestStart(ActiveJob* active) {
  active->phase = Phase::kStarting;
  const supervisor::Plan plan = PlanFor(active->job, active->gpus, memory_cgroup_);
  const int error = pool_.Start(
      active->id, {.directory = active->job.directory, .plan = supervisor::EncodePlan(plan)});
  if (error == ENOTCONN) return;  // repeated when there is a host again
  if (error != 0) return OnNotStarted(active, error);
  // Again only when a supervisor vanished before it claimed the job.
  active->start_at = SteadyNs() + (kFirstRestart << std::min(active->starts, 6));
  ++active->starts;
}

void RunnerLoop::Adopt(ActiveJob* active, const supervisor::Claim& claim) {
  const std::vector<std::string> gpus = absl::StrSplit(claim.gpus, ',', absl::SkipEmpty());
  if (!active->granted || gpus != active->gpus) {
    active->granted = true;
    active->gpus = gpus;
    ledger_.Adopt(active->id, RequestOf(active->job), active->gpus);
  }
  UniqueFd process = OpenProcess(claim.pid);
  // Its lock is free a moment after its process has gone.
  if (!process.valid()) return Later(active, kSoon);
  // A number is only worth something where it was given: it may come from another machine or
  // container that shares the folder. Then its end is looked for now and then.
  if (supervisor::CommandOf(static_cast<pid_t>(claim.pid)) != "qalam-job") {
    return Later(active, kRetryStart);
  }
  // It held the lock while the number was looked up, so the number was its own.
  if (supervisor::ReadJobState(active->job.directory).phase != JobPhase::kRunning) {
    return Later(active, kSoon);
  }
  active->process = std::move(process);
  Watch(active->process.get(), active->id, EPOLLIN);
  BeginWatch(active, claim.started);
  if (!IsPolled(*active)) timers_.emplace(SteadyNs() + kRetryStart, active->id);
}

void RunnerLoop::BeginWatch(ActiveJob* active, int64_t started) {
  active->phase = Phase::kRunning;
  TellStarted(active, started);
  WatchLines(active);
  if (active->cancel) SendCancel(active);
}

void RunnerLoop::SendCancel(ActiveJob* active) {
  if (!active->process.valid()) {
    const absl::Duration grace = std::max(*active->cancel, absl::ZeroDuration());
    return pool_.Cancel(active->id, absl::ToInt64Nanoseconds(grace));
  }
  const int64_t grace = std::clamp<int64_t>(absl::ToInt64Milliseconds(*active->cancel), 0,
                                            std::numeric_limits<int>::max());
  siginfo_t info = {};
  info.si_signo = supervisor::CancelSignal();
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_int = static_cast<int>(grace);
  const auto send = [active](int signal, siginfo_t* details) {
    return syscall(SYS_pidfd_send_signal, active->process.get(), signal, details, 0);
  };
  // Where too many signals are queued, one without a value: the job's own grace counts then.
  if (send(info.si_signo, &info) != 0 && errno == EAGAIN) send(SIGTERM, nullptr);
}

void RunnerLoop::ConcludeUnstarted(ActiveJob* active) {
  const supervisor::LockedState state = supervisor::LockFreshState(active->job.directory);
  if (!state.file.valid() && state.error == 0) return Later(active, kSoon);
  supervisor::EndRecord end = {.end = JobEnd::kCancelled,
                               .message = "cancelled before it was started",
                               .started = WallNs(),
                               .ended = WallNs()};
  // Recorded, so that it does not run when it is submitted again.
  const supervisor::Claim claim = {.started = end.started,
                                   .job = supervisor::ClaimedJob(active->job.directory)};
  if (state.file.valid() && supervisor::WriteClaim(state.file.get(), claim) == 0) {
    supervisor::WriteEnd(state.file.get(), end);
  }
  Conclude(active, OutcomeOf(end));
}

bool RunnerLoop::CleanedUp(ActiveJob* active) {
  if (!active->cleanups) {
    active->cleanups.emplace();
    for (const auto& argv : CleanupsOf(active->job)) active->cleanups->emplace_back(argv);
  }
  return std::all_of(active->cleanups->begin(), active->cleanups->end(),
                     [](CleanupCommand& command) { return command.Done(); });
}

void RunnerLoop::CleanLost(ActiveJob* active) {
  const std::string mark = supervisor::MarkOf(active->job.name, active->job.directory);
  // Twice in a row, as a process that forks while it is looked for may be missed.
  active->clean_looks = supervisor::KillMarked(mark) == 0 ? active->clean_looks + 1 : 0;
  if (active->clean_looks < 2 || !CleanedUp(active)) {
    timers_.emplace(SteadyNs() + kSoon, active->id);
    return;
  }
  supervisor::RemoveMemoryGroup(memory_cgroup_, mark);
  TellStarted(active, active->started);
  supervisor::EndRecord end = {.end = JobEnd::kLost,
                               .message =
                                   "its supervisor was killed or the machine was restarted: "
                                   "how it ended is not known; nothing of it runs any more",
                               .started = active->started,
                               .ended = WallNs()};
  Conclude(active, OutcomeOf(end));
}

void RunnerLoop::Conclude(ActiveJob* active, const JobOutcome& outcome) {
  if (!active->captured.is_open() && active->job.capture.source != CaptureSpec::Source::kNone &&
      active->started_told) {
    active->captured.Open(active->job.directory);
  }
  TellLines(active);
  if (active->watch >= 0) {
    watches_.erase(active->watch);
    inotify_rm_watch(notify_.get(), active->watch);
  }
  ledger_.Release(active->id);
  const std::string name = active->job.name;
  ids_.erase(name);
  jobs_.erase(active->id);
  // Before the sink is told: it may release the job, or submit it again, from then on.
  inbox_->Leave(name);
  sink_->OnEnded(name, outcome);
}

void RunnerLoop::TellStarted(ActiveJob* active, int64_t started) {
  if (active->started_told) return;
  active->started_told = true;
  active->started = started;
  sink_->OnStarted(active->job.name, absl::FromUnixNanos(started));
}

void RunnerLoop::TellLines(ActiveJob* active) {
  for (;;) {
    const int64_t first = active->captured.count();
    std::vector<CapturedLine> lines = active->captured.Next();
    if (lines.empty()) return;
    sink_->OnLines(active->job.name, first, std::move(lines));
  }
}

void RunnerLoop::TellNotice(const std::string& job, const std::string& text) {
  if (notices_.insert(text).second) sink_->OnNotice(job, text);
}

bool RunnerLoop::IsPolled(const ActiveJob& active) {
  return active.watch < 0 && active.job.capture.source != CaptureSpec::Source::kNone;
}

void RunnerLoop::WatchLines(ActiveJob* active) {
  if (active->job.capture.source == CaptureSpec::Source::kNone) return;
  if (!active->captured.is_open()) active->captured.Open(active->job.directory);
  if (active->watch < 0) {
    active->watch = inotify_add_watch(
        notify_.get(), supervisor::StatePath(active->job.directory).c_str(), IN_MODIFY);
  }
  if (active->watch >= 0) {
    watches_[active->watch] = active->id;
  } else {
    TellNotice(active->job.name,
               "no file can be watched any more (fs.inotify.max_user_watches): metrics are read "
               "every 50 ms instead of at once");
    timers_.emplace(SteadyNs() + 50 * kMillisecond, active->id);
  }
  TellLines(active);
}

}  // namespace qalam
