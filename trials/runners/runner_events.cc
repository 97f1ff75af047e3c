// The runner's event loop: commands, supervisors, notifications and timers.

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "trials/runners/job_plan.h"
#include "trials/runners/machine.h"
#include "trials/runners/runner_loop.h"
#include "trials/supervisor/files.h"

namespace qalam {
namespace {

using supervisor::SteadyNs;

// Tags of what is waited for. Positive ones are ids of adopted jobs, whose supervisors ended; those
// below the host's are supervisors.
constexpr int64_t kWakeTag = 0;
constexpr int64_t kNotifyTag = -1;
constexpr int64_t kHostTag = -2;

constexpr int64_t kPause = 1000 * kMillisecond;

}  // namespace

RunnerLoop::RunnerLoop(const MachineResources& machine, RunnerInbox* inbox, JobEventSink* sink)
    : inbox_(inbox),
      sink_(sink),
      ledger_(machine),
      memory_cgroup_(FindMemoryCgroup()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      pool_(epoll_.get(), kHostTag) {}

absl::Status RunnerLoop::Open() {
  notify_.Reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!epoll_.valid() || inbox_->wake_fd() < 0) {
    return absl::ResourceExhaustedError(
        "cannot watch trials: no file descriptor is left (ulimit -n)");
  }
  Watch(inbox_->wake_fd(), kWakeTag, EPOLLIN);
  // Without notification (fs.inotify.max_user_instances) captured lines are looked for by timer.
  if (notify_.valid()) Watch(notify_.get(), kNotifyTag, EPOLLIN);
  host_started_ = SteadyNs();
  return pool_.StartHost();
}

void RunnerLoop::Run() {
  for (;;) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_.get(), events, 64, PollTimeout());
    bool stop = false;
    for (int i = 0; i < count; ++i) {
      const auto tag = static_cast<int64_t>(events[i].data.u64);
      // Commands come last: jobs that end make room for those that are submitted.
      if (tag == kWakeTag) {
        stop = true;
      } else {
        Dispatch(tag, events[i].events);
      }
    }
    if (stop && !TakeCommands()) return;
    RunTimers();
    for (const ResourceLedger::Grant& grant : ledger_.TakeGrants()) {
      ActiveJob* active = Find(grant.id);
      if (active == nullptr) continue;
      active->granted = true;
      active->gpus = grant.gpus;
      RequestStart(active);
    }
  }
}

void RunnerLoop::Dispatch(int64_t tag, uint32_t events) {
  if (tag == kNotifyTag) return TakeNotifications();
  if (tag == kHostTag) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) OnHostGone();
    return;
  }
  if (tag < kHostTag) {
    for (const SupervisorPool::News& news : pool_.Take(tag)) OnNews(news);
    return;
  }
  if (ActiveJob* active = Find(tag)) OnAdoptedEnded(active);
}

bool RunnerLoop::TakeCommands() {
  for (RunnerCommand& command : inbox_->TakeAll()) {
    switch (command.kind) {
      case RunnerCommand::Kind::kSubmit:
        if (command.job.pod.resources.memory_limit > 0 && memory_cgroup_.empty()) {
          TellNotice(command.job.name,
                     "memory limits are watched every 100 ms, not enforced exactly: this machine "
                     "lets no memory cgroup be made");
        }
        OnSubmit(std::move(command.job));
        break;
      case RunnerCommand::Kind::kCancel:
        OnCancel(command.job.name, command.grace);
        break;
      case RunnerCommand::Kind::kStop:
        return false;
    }
  }
  return true;
}

void RunnerLoop::StartHost() {
  host_retry_ = -1;
  const absl::Status started = pool_.StartHost();
  host_started_ = SteadyNs();
  if (!started.ok()) {
    host_retry_ = host_started_ + kPause;
    TellNotice("", absl::StrCat(started.message(), "; trying again"));
    return;
  }
  for (auto& [id, active] : jobs_) {
    if (active.phase == Phase::kStarting && !pool_.Has(id)) RequestStart(&active);
  }
}

void RunnerLoop::OnHostGone() {
  if (!pool_.has_host()) return;
  pool_.StopHost();
  // One that dies at once is not started as fast as it dies.
  const int64_t earliest = host_started_ + kPause;
  if (SteadyNs() >= earliest) return StartHost();
  host_retry_ = earliest;
}

void RunnerLoop::OnNews(const SupervisorPool::News& news) {
  ActiveJob* active = Find(news.job);
  if (active == nullptr) return;
  if (!news.gone && news.report.kind == supervisor::Report::Kind::kStarted) {
    return BeginWatch(active, news.report.started);
  }
  active->phase = Phase::kUnsure;
  if (!news.gone && news.report.kind == supervisor::Report::Kind::kFailed) {
    return OnNotStarted(active, static_cast<int>(news.report.error));
  }
  Settle(active);
}

void RunnerLoop::OnNotStarted(ActiveJob* active, int error) {
  TellNotice(active->job.name,
             absl::StrCat("a trial cannot be started now: ", supervisor::ErrnoText(error),
                          " (folder \"", active->job.directory, "\"); trying again"));
  if (error == ENOENT) supervisor::MakeFolders(active->job.directory);
  Later(active, kPause);
}

bool RunnerLoop::LookForEnd(ActiveJob* active) {
  if (active->phase != Phase::kRunning || !active->process.valid()) return true;
  const supervisor::JobState state = supervisor::ReadJobState(active->job.directory);
  if (state.phase == supervisor::JobPhase::kRunning) return true;
  OnAdoptedEnded(active);
  return false;
}

void RunnerLoop::OnAdoptedEnded(ActiveJob* active) {
  if (active->phase != Phase::kRunning) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, active->process.get(), nullptr);
  active->process.Reset();
  active->phase = Phase::kUnsure;
  Settle(active);
}

void RunnerLoop::TakeNotifications() {
  alignas(inotify_event) char buffer[16 << 10];
  for (;;) {
    const ssize_t got = read(notify_.get(), buffer, sizeof(buffer));
    if (got <= 0) return;
    std::set<int64_t> grown;
    for (const char* next = buffer; next < buffer + got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(next);
      next += sizeof(inotify_event) + event->len;
      const auto found = watches_.find(event->wd);
      if (found != watches_.end()) grown.insert(found->second);
      if ((event->mask & IN_Q_OVERFLOW) == 0) continue;
      for (const auto& [watch, id] : watches_) grown.insert(id);
    }
    for (const int64_t id : grown) {
      ActiveJob* active = Find(id);
      if (active == nullptr) continue;
      TellLines(active);
      LookForEnd(active);
    }
  }
}

void RunnerLoop::Later(ActiveJob* active, int64_t wait) {
  active->phase = Phase::kUnsure;
  timers_.emplace(SteadyNs() + wait, active->id);
}

void RunnerLoop::RunTimers() {
  const int64_t now = SteadyNs();
  if (host_retry_ >= 0 && now >= host_retry_) StartHost();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    ActiveJob* active = Find(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (active == nullptr) continue;
    switch (active->phase) {
      case Phase::kUnsure:
        Settle(active);
        break;
      case Phase::kCleaning:
        CleanLost(active);
        break;
      case Phase::kRunning:
        if (!LookForEnd(active)) break;
        if (IsPolled(*active)) {
          WatchLines(active);
        } else if (active->process.valid()) {
          timers_.emplace(now + kPause, active->id);
        }
        break;
      case Phase::kWaiting:
      case Phase::kStarting:
        break;
    }
  }
}

int RunnerLoop::PollTimeout() const {
  int64_t due = timers_.empty() ? -1 : timers_.begin()->first;
  if (host_retry_ >= 0) due = due < 0 ? host_retry_ : std::min(due, host_retry_);
  if (due < 0) return -1;
  const int64_t wait = std::max<int64_t>(0, due - SteadyNs());
  return static_cast<int>((wait + kMillisecond - 1) / kMillisecond);
}

void RunnerLoop::Watch(int file, int64_t tag, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = static_cast<uint64_t>(tag);
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, file, &event);
}

RunnerLoop::ActiveJob* RunnerLoop::Find(int64_t id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

}  // namespace qalam
