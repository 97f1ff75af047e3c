// The runner's event loop: commands, the host, notifications and timers.

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

// Tags of what is waited for; others are ids of jobs, whose supervisors ended.
constexpr int64_t kWakeTag = 0;
constexpr int64_t kHostTag = -1;
constexpr int64_t kNotifyTag = -2;

constexpr int64_t kPause = 1000 * kMillisecond;

}  // namespace

RunnerLoop::RunnerLoop(const MachineResources& machine, RunnerInbox* inbox, JobEventSink* sink)
    : inbox_(inbox), sink_(sink), ledger_(machine), memory_cgroup_(FindMemoryCgroup()) {}

absl::Status RunnerLoop::Open() {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  notify_.Reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!epoll_.valid() || inbox_->wake_fd() < 0) {
    return absl::ResourceExhaustedError(
        "cannot watch trials: no file descriptor is left (ulimit -n)");
  }
  Watch(inbox_->wake_fd(), kWakeTag, EPOLLIN);
  // Without notification (fs.inotify.max_user_instances) captured lines are looked for by timer.
  if (notify_.valid()) Watch(notify_.get(), kNotifyTag, EPOLLIN);
  const absl::Status started = host_.Start();
  if (!started.ok()) return started;
  host_started_ = SteadyNs();
  Watch(host_.socket(), kHostTag, EPOLLIN);
  return absl::OkStatus();
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
    TakeReplies();
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) return OnHostGone();
    if ((events & EPOLLOUT) != 0) SendRequests();
    return;
  }
  if (ActiveJob* active = Find(tag)) OnSupervisorEnded(active);
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
  const absl::Status started = host_.Start();
  host_started_ = SteadyNs();
  if (!started.ok()) {
    host_retry_ = host_started_ + kPause;
    TellNotice("", absl::StrCat(started.message(), "; trying again"));
    return;
  }
  Watch(host_.socket(), kHostTag, EPOLLIN);
  // Requests that the old one has not answered may or may not have been carried out: repeated, the
  // state file tells.
  requests_.clear();
  for (auto& [id, active] : jobs_) {
    if (active.phase == Phase::kStarting) requests_.push_back(id);
  }
  SendRequests();
}

void RunnerLoop::OnHostGone() {
  if (!host_.running()) return;
  host_.Stop();
  // One that dies at once is not started as fast as it dies.
  const int64_t earliest = host_started_ + kPause;
  if (SteadyNs() >= earliest) return StartHost();
  host_retry_ = earliest;
}

void RunnerLoop::SendRequests() {
  while (host_.running() && !requests_.empty()) {
    ActiveJob* active = Find(requests_.front());
    int error = 0;
    if (active != nullptr && active->phase == Phase::kStarting) {
      const supervisor::Plan plan = PlanFor(active->job, active->gpus, memory_cgroup_);
      error = supervisor::SendStartRequest(
          host_.socket(), {active->id, active->job.directory, supervisor::EncodePlan(plan)});
    }
    if (error == EPIPE || error == ECONNRESET) return;  // told by epoll as well
    if (error == EAGAIN) break;
    requests_.pop_front();
    if (error == 0) continue;
    TellNotice(active->job.name, absl::StrCat("a trial cannot be started now: ",
                                              supervisor::ErrnoText(error), "; trying again"));
    Later(active, kPause);
  }
  if (!host_.running()) return;
  epoll_event event = {};
  event.events = requests_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.u64 = static_cast<uint64_t>(kHostTag);
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, host_.socket(), &event);
}

void RunnerLoop::TakeReplies() {
  while (host_.running()) {
    std::optional<supervisor::Message> message =
        supervisor::ReceiveMessage(host_.socket(), /*wait=*/false);
    if (!message) return;
    const auto reply = supervisor::ParseStartReply(message->bytes);
    if (reply) OnReply(*reply, std::move(message->file));
  }
}

void RunnerLoop::OnReply(const supervisor::StartReply& reply, supervisor::UniqueFd process) {
  ActiveJob* active = Find(reply.id);
  if (active == nullptr || active->phase != Phase::kStarting) return;
  switch (reply.kind) {
    case supervisor::StartReply::Kind::kForked:
      // A descriptor that could not be passed on for want of room is looked up again.
      if (!process.valid()) return Later(active, kMillisecond);
      return BeginWatch(active, std::move(process), reply.started);
    case supervisor::StartReply::Kind::kTaken:
      return Settle(active);
    case supervisor::StartReply::Kind::kFailed:
      TellNotice(active->job.name,
                 absl::StrCat("a trial cannot be started now: ",
                              supervisor::ErrnoText(static_cast<int>(reply.error)), " (folder \"",
                              active->job.directory, "\"); trying again"));
      if (reply.error == ENOENT) supervisor::MakeFolders(active->job.directory);
      return Later(active, kPause);
  }
}

void RunnerLoop::OnSupervisorEnded(ActiveJob* active) {
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
      if (ActiveJob* active = Find(id)) TellLines(active);
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
        if (active->watch < 0) WatchLines(active);
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
