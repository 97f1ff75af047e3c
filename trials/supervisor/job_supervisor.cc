#include "trials/supervisor/job_supervisor.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "trials/supervisor/channel.h"
#include "trials/supervisor/copy_folder.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/proc.h"

namespace qalam::supervisor {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kRetryEvery = kSecond;
constexpr int64_t kLongestBackoff = 10;  // seconds

std::string SecondsText(int64_t nanoseconds) {
  std::string text = std::to_string(nanoseconds / kSecond);
  const int64_t milliseconds = nanoseconds % kSecond / 1'000'000;
  if (milliseconds > 0) {
    std::string fraction = std::to_string(1000 + milliseconds).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text + " s";
}

// Saturating, as a grace may be infinite.
int64_t After(int64_t now, int64_t wait) { return wait > kNever - now ? kNever : now + wait; }

}  // namespace

sigset_t SupervisedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGCHLD, SIGTERM, CancelSignal()}) sigaddset(&signals, signal);
  return signals;
}

JobSupervisor::JobSupervisor(const Plan* plan, UniqueFd state, int64_t started,
                             Listening* listening)
    : plan_(plan),
      state_(std::move(state)),
      listening_(listening),
      job_log_(plan->directory, plan->log_limit),
      log_(job_log_.file()),
      captured_(StatePath(plan->directory)),
      tail_capture_(&plan->capture_words, &captured_),
      memory_(plan->memory_limit, plan->memory_cgroup, plan->mark),
      started_(started) {}

int JobSupervisor::Claim() {
  return WriteClaim(state_.get(), {.pid = getpid(),
                                   .started = started_,
                                   .gpus = plan_->gpus,
                                   .job = ClaimedJob(plan_->directory)});
}

void JobSupervisor::Run() {
  if (plan_->deadline >= 0) deadline_ = After(SteadyNs(), plan_->deadline);
  Prepare();
  RunPods();
  KillOrphans();
  if (tail_) tail_->Finish();
  FlushFiles();
  Record();
}

void JobSupervisor::Prepare() {
  context_.plan = plan_;
  context_.log = &job_log_;
  context_.captured = &captured_;
  context_.surroundings.env = {plan_->mark};
  if (!plan_->gpus.empty()) {
    context_.surroundings.env.push_back("CUDA_VISIBLE_DEVICES=" + plan_->gpus);
  }
  context_.surroundings.work_folder = plan_->directory + "/work";
  context_.surroundings.cgroup = memory_.cgroup();
  if (plan_->capture_source == static_cast<int64_t>(CaptureSpec::Source::kFile)) {
    tail_.emplace(plan_->capture_path, &tail_capture_);
  }
  for (const std::string& folder : plan_->folders) {
    Place("create the folder", folder, [&] { return MakeFolders(folder); });
  }
  for (const auto& file : plan_->files) {
    Place("write the file", file.first, [&] { return WriteNewFile(file.first, file.second); });
  }
  PlaceCheckpoint();
}

// Unlike for small files, nobody waits for room here: checkpoints may be what fills the disk.
void JobSupervisor::PlaceCheckpoint() {
  const std::string& path = plan_->checkpoint;
  if (end_ || path.empty() || (plan_->checkpoint_kept && IsFolder(path))) return;
  const CopyFailure failure = ReplaceWithCopy(plan_->checkpoint_from, path, [&] {
    TakeSignals();
    return !end_.has_value();
  });
  if (failure.error == 0) return;
  std::string message = "cannot create the checkpoint folder \"" + path + "\"";
  if (!plan_->checkpoint_from.empty()) {
    message = "cannot copy the checkpoint \"" + plan_->checkpoint_from + "\" to \"" + path + "\"";
  }
  message += ": " + failure.path + ": " + ErrnoText(failure.error);
  Decide({.end = JobEnd::kNoCheckpoint, .message = std::move(message)}, 0);
}

void JobSupervisor::Place(const char* what, const std::string& path,
                          const std::function<int()>& make) {
  if (end_) return;
  int error = make();
  while (error == ENOSPC || error == EDQUOT) {
    AwaitSignals();
    if (end_) return;
    error = make();
  }
  if (error == 0) return;
  Decide({.end = JobEnd::kSpecMistake,
          .message = std::string("cannot ") + what + " \"" + path + "\": " + ErrnoText(error)},
         0);
}

void JobSupervisor::RunPods() {
  while (!end_ || !pods_.empty()) {
    StartPods(SteadyNs());
    Wait();
    TakeSignals();
    const int64_t now = SteadyNs();
    CheckTimes(now);
    for (const auto& pod : pods_) pod->Advance(now);
    RemoveFinishedPods();
  }
}

void JobSupervisor::StartPods(int64_t now) {
  while (now >= not_before_ && static_cast<int64_t>(pods_.size()) < WantedPods()) {
    pods_.push_back(std::make_unique<Pod>(&context_, started_pods_++, TakeIndex()));
    pods_.back()->Start();
    RemoveFinishedPods();  // one that could not be started is over at once
  }
}

int64_t JobSupervisor::TakeIndex() {
  if (!plan_->indexed) return -1;
  if (taken_.empty()) taken_.resize(static_cast<size_t>(plan_->completions));
  while (taken_[static_cast<size_t>(first_free_)]) ++first_free_;
  taken_[static_cast<size_t>(first_free_)] = true;
  return first_free_;
}

void JobSupervisor::GiveBackIndex(int64_t index) {
  if (index < 0) return;
  taken_[static_cast<size_t>(index)] = false;
  first_free_ = std::min(first_free_, index);
}

void JobSupervisor::Wait() {
  // A runner that is gone has the number -1, which poll passes over.
  std::vector<pollfd> waiting = {{listening_->signals.get(), POLLIN, 0},
                                 {listening_->runner.get(), POLLIN, 0}};
  std::vector<Container*> readers = {nullptr, nullptr};
  if (tail_ && !stalled() && tail_->wake_fd() >= 0) {
    waiting.push_back({tail_->wake_fd(), POLLIN, 0});
    readers.push_back(nullptr);
  }
  for (const auto& pod : pods_) {
    for (const auto& container : pod->containers()) {
      if (stalled() || container->pipe() < 0) continue;
      waiting.push_back({container->pipe(), POLLIN, 0});
      readers.push_back(container.get());
    }
  }
  const int64_t wait_ns = std::clamp<int64_t>(NextWake() - SteadyNs(), 0, 3600 * kSecond);
  const timespec timeout = {.tv_sec = wait_ns / kSecond, .tv_nsec = wait_ns % kSecond};
  if (ppoll(waiting.data(), waiting.size(), &timeout, nullptr) < 0) return;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (readers[i] != nullptr && waiting[i].revents != 0 && !stalled()) readers[i]->ReadOutput();
  }
}

int64_t JobSupervisor::NextWake() const {
  int64_t wake = std::min({end_ ? kNever : deadline_, kill_at_, retry_at_});
  if (static_cast<int64_t>(pods_.size()) < WantedPods()) wake = std::min(wake, not_before_);
  for (const auto& pod : pods_) wake = std::min(wake, pod->wake_at());
  if (memory_.active()) wake = std::min(wake, memory_.next_check());
  if (tail_ && !stalled()) wake = std::min(wake, SteadyNs() + tail_->interval());
  return pods_.empty() && end_ ? 0 : wake;
}

int64_t JobSupervisor::WantedPods() const {
  return end_ ? 0 : std::min(plan_->parallelism, plan_->completions - succeeded_);
}

void JobSupervisor::TakeSignals() {
  signalfd_siginfo info = {};
  while (read(listening_->signals.get(), &info, sizeof(info)) ==
         static_cast<ssize_t>(sizeof(info))) {
    if (info.ssi_signo == SIGTERM) OnCancel(plan_->grace);
    if (static_cast<int>(info.ssi_signo) == CancelSignal()) {
      OnCancel(info.ssi_code == SI_QUEUE ? info.ssi_int * int64_t{1'000'000} : plan_->grace);
    }
  }
  TakeRequests();
  Reap();
}

void JobSupervisor::TakeRequests() {
  Message message;
  while (listening_->runner.valid()) {
    const Received received = ReceiveMessage(listening_->runner.get(), &message);
    if (received == Received::kNothing) return;
    if (received == Received::kClosed) return listening_->runner.Reset();
    const std::optional<Request> request = ParseRequest(message);
    if (request && request->kind == Request::Kind::kCancel) OnCancel(request->grace);
  }
}

void JobSupervisor::Reap() {
  for (;;) {
    siginfo_t info = {};
    // The zombie is kept until its group is dealt with.
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const int status =
        info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
    for (const auto& pod : pods_) {
      if (pod->OnExit(info.si_pid, status)) break;
    }
    waitpid(info.si_pid, nullptr, 0);
  }
}

void JobSupervisor::CheckTimes(int64_t now) {
  if (stalled() && now >= retry_at_) {
    log_.Retry();
    captured_.Retry();
    retry_at_ = now + kRetryEvery;
  }
  if (stalled() && retry_at_ == kNever) retry_at_ = now + kRetryEvery;
  if (!stalled()) retry_at_ = kNever;
  if (tail_ && !stalled()) tail_->Poll();
  if (memory_.active() && memory_.Exceeded(false)) DecideOutOfMemory();
  if (!end_ && now >= deadline_) {
    Decide(
        {.end = JobEnd::kTimeLimit,
         .message = "ran longer than activeDeadlineSeconds (" + SecondsText(plan_->deadline) + ")"},
        plan_->grace);
  }
  if (now < kill_at_) return;
  kill_at_ = kNever;
  for (const auto& pod : pods_) pod->Kill();
  if (!cancelled_) return;
  // Whoever cancels does not wait for room on the disk.
  log_.GiveUp();
  captured_.GiveUp();
}

void JobSupervisor::Decide(EndRecord result, int64_t grace) {
  if (end_) return;
  end_ = std::move(result);
  kill_at_ = After(SteadyNs(), grace);
  for (const auto& pod : pods_) {
    if (!pod->over()) pod->Terminate();
  }
}

void JobSupervisor::DecideOutOfMemory() {
  Decide({.end = JobEnd::kOutOfMemory,
          .message = "used more than its memory limit of " +
                     std::to_string(plan_->memory_limit >> 20) + " MiB"},
         0);
}

void JobSupervisor::OnCancel(int64_t grace) {
  cancelled_ = true;
  grace = std::min(grace, plan_->grace);
  if (!end_) Decide({.end = JobEnd::kCancelled, .message = "cancelled"}, grace);
  kill_at_ = std::min(kill_at_, After(SteadyNs(), grace));
}

void JobSupervisor::RemoveFinishedPods() {
  for (size_t i = 0; i < pods_.size();) {
    if (!pods_[i]->over()) {
      ++i;
      continue;
    }
    const EndRecord result = pods_[i]->result();
    if (result.end != JobEnd::kSucceeded) GiveBackIndex(pods_[i]->index());
    pods_.erase(pods_.begin() + static_cast<std::ptrdiff_t>(i));
    if (pods_.empty()) KillOrphans();
    Settle(result);
  }
}

void JobSupervisor::Settle(const EndRecord& result) {
  if (result.end == JobEnd::kSucceeded) {
    ++succeeded_;
    if (succeeded_ == plan_->completions) Decide(result, plan_->grace);
    return;
  }
  // A pod that was ended because of the job's end did not fail.
  if (end_) return;
  ++failed_;
  if (memory_.active() && memory_.Exceeded(true)) return DecideOutOfMemory();
  if (result.end != JobEnd::kSpecMistake && failed_ <= plan_->backoff_limit) {
    const int64_t seconds = int64_t{1} << std::min<int64_t>(failed_ - 1, 4);
    not_before_ = SteadyNs() + std::min(seconds, kLongestBackoff) * kSecond;
    return;
  }
  EndRecord end = result;
  if (failed_ > 1) {
    end.message = std::to_string(failed_) + " pods failed (backoffLimit " +
                  std::to_string(plan_->backoff_limit) + "), the last one: " + end.message;
  }
  Decide(std::move(end), plan_->grace);
}

void JobSupervisor::KillOrphans() {
  for (;;) {
    siginfo_t info = {};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) info = {};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;  // ECHILD
    for (const pid_t child : ChildrenOf(getpid())) kill(child, SIGKILL);
    // Whoever was killed leaves its own children to us: look again after each death.
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
  }
}

void JobSupervisor::FlushFiles() {
  while (stalled()) {
    if (cancelled_ && SteadyNs() >= kill_at_) {
      log_.GiveUp();
      captured_.GiveUp();
      return;
    }
    AwaitSignals();
    log_.Retry();
    captured_.Retry();
  }
}

void JobSupervisor::AwaitSignals() {
  pollfd waiting[] = {{listening_->signals.get(), POLLIN, 0},
                      {listening_->runner.get(), POLLIN, 0}};
  poll(waiting, 2, static_cast<int>(kRetryEvery / 1'000'000));
  TakeSignals();
}

void JobSupervisor::Record() {
  EndRecord end = *end_;
  end.started = started_;
  end.ended = WallNs();
  end.succeeded_pods = succeeded_;
  end.failed_pods = failed_;
  for (;;) {
    const int error = WriteEnd(state_.get(), end);
    if (error != ENOSPC && error != EDQUOT && error != ENOMEM) return;
    usleep(kRetryEvery / 1000);
  }
}

}  // namespace qalam::supervisor
