#include "trials/supervisor/pod.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "trials/supervisor/files.h"

namespace qalam::supervisor {
namespace {

// How long a cleanup may take: an engine whose daemon hangs must not hold up the job for ever.
constexpr int64_t kCleanupTime = int64_t{60} * 1'000'000'000;

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  return std::to_string(signal) + (name == nullptr ? "" : " (SIG" + std::string(name) + ")");
}

std::string CodeText(int code) {
  std::string text = std::to_string(code);
  if (code == 127) text += " (command not found)";
  if (code == 126) text += " (command cannot be executed)";
  if (code == 128 + SIGKILL) {
    text += " (a process of it was killed; the machine may have been out of memory)";
  }
  return text;
}

// People who write command and args as a list do not expect a shell to read them.
bool IsShellSyntaxError(const ProcessPlan& process, const std::string& last_lines) {
  return process.argv.size() == 3 && process.argv[1] == "-c" &&
         last_lines.find("yntax error") != std::string::npos &&
         last_lines.find(process.argv[0]) != std::string::npos;
}

}  // namespace

Container::Container(ProcessPlan process, bool is_main, const PodContext* context)
    : process_(std::move(process)),
      is_main_(is_main),
      context_(context),
      capture_(&context->plan->capture_words, context->captured) {}

StartResult Container::Start() {
  int ends[2];
  StartResult result;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    result.error_number = errno;
    result.error = "cannot make a pipe for its output: " + std::string(strerror(errno));
    return result;
  }
  pipe_.Reset(ends[0]);
  const UniqueFd output(ends[1]);
  // Only our end: a program does not expect its standard output to be non-blocking.
  fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
  result = StartProcess(process_, context_->surroundings, output.get());
  pid_ = result.pid;
  return result;
}

void Container::ReadOutput() {
  char buffer[64 << 10];
  const ssize_t got = read(pipe_.get(), buffer, sizeof(buffer));
  if (got < 0 && (errno == EINTR || (errno == EAGAIN && !exited_))) return;
  if (got <= 0) return CloseOutput();
  TakeIn(buffer, static_cast<size_t>(got));
  left_ -= got;
  // A process that outlives it may hold the pipe: what that one writes is of no account.
  if (exited_ && left_ <= 0) CloseOutput();
}

void Container::TakeIn(const char* bytes, size_t size) {
  tail_.Feed(bytes, size);
  if (!is_main_) {
    context_->log->AppendPrefixed(process_.name, bytes, size, &at_line_start_);
    return;
  }
  context_->log->Append(bytes, size);
  if (context_->plan->capture_source == static_cast<int64_t>(CaptureSpec::Source::kOutput)) {
    capture_.Feed(bytes, size);
  }
}

void Container::CloseOutput() {
  capture_.Finish();
  pipe_.Reset();
}

void Container::OnExit(int wait_status) {
  exited_ = true;
  wait_status_ = wait_status;
  Signal(SIGKILL);
  int waiting = 0;
  if (pipe_.valid() && ioctl(pipe_.get(), FIONREAD, &waiting) != 0) waiting = 0;
  left_ = waiting;
  if (waiting == 0) CloseOutput();
  const bool succeeded = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  if (!succeeded && !process_.cleanup.empty()) StartCleanup();
}

void Container::StartCleanup() {
  const UniqueFd output(open("/dev/null", O_WRONLY | O_CLOEXEC));
  ProcessPlan cleanup = process_;
  cleanup.argv = process_.cleanup;
  Surroundings surroundings = context_->surroundings;
  surroundings.cgroup = -1;  // the job's memory may be used up
  // One that cannot be started is of the same program as what it would clean up after.
  cleanup_pid_ = StartProcess(cleanup, surroundings, output.get()).pid;
  if (cleanup_pid_ >= 0) cleanup_until_ = SteadyNs() + kCleanupTime;
}

void Container::OnCleanupExit() {
  cleanup_pid_ = -1;
  cleanup_until_ = kNever;
}

void Container::GiveUpCleanup() {
  cleanup_until_ = kNever;
  if (cleanup_pid_ > 1) kill(-cleanup_pid_, SIGKILL);
}

void Container::Signal(int signal) {
  if (pid_ <= 1) return;  // -1 would be everybody
  kill(-pid_, signal);
  if (signal != SIGKILL) kill(-pid_, SIGCONT);  // a stopped process could not obey
}

bool Pod::OnExit(pid_t pid, int wait_status) {
  for (const auto& container : containers_) {
    if (container->cleanup_pid() == pid) {
      container->OnCleanupExit();
      return true;
    }
    if (container->pid() != pid || container->exited()) continue;
    container->OnExit(wait_status);
    if (phase_ == Phase::kMain && container.get() == containers_.back().get()) {
      main_exited_ = true;
    }
    return true;
  }
  return false;
}

int64_t Pod::wake_at() const {
  int64_t wake = kill_at_;
  for (const auto& container : containers_) wake = std::min(wake, container->cleanup_until());
  return wake;
}

void Pod::Advance(int64_t now) {
  for (const auto& container : containers_) {
    if (now >= container->cleanup_until()) container->GiveUpCleanup();
  }
  const bool all_over = [this] {
    for (const auto& container : containers_) {
      if (!container->over()) return false;
    }
    return true;
  }();
  if (phase_ == Phase::kInit && all_over) {
    Judge(*containers_.back());
    if (result_.end != JobEnd::kSucceeded || terminated_) {
      phase_ = Phase::kOver;
    } else {
      StartNext();
    }
    return;
  }
  if (phase_ == Phase::kMain && main_exited_) EndSidecars(now);
  if (phase_ != Phase::kEnding) return;
  if (now >= kill_at_) Kill();
  if (!all_over) return;
  // Only now is all output of main here, which the message quotes.
  if (main_exited_) Judge(*containers_.back());
  phase_ = Phase::kOver;
}

void Pod::EndSidecars(int64_t now) {
  phase_ = Phase::kEnding;
  kill_at_ = now + context_->plan->grace;
  for (const auto& container : containers_) {
    if (!container->exited()) container->Signal(SIGTERM);
  }
}

void Pod::Terminate() {
  terminated_ = true;
  for (const auto& container : containers_) {
    if (!container->exited()) container->Signal(SIGTERM);
  }
}

void Pod::Kill() {
  terminated_ = true;
  kill_at_ = kNever;
  for (const auto& container : containers_) {
    if (!container->exited()) container->Signal(SIGKILL);
  }
}

void Pod::StartNext() {
  const std::vector<ProcessPlan>& init = context_->plan->init;
  containers_.clear();
  if (next_init_ == init.size()) return StartMain();
  if (!StartContainer(init[next_init_++], false)) phase_ = Phase::kOver;
}

void Pod::StartMain() {
  phase_ = Phase::kMain;
  bool started = true;
  for (const ProcessPlan& sidecar : context_->plan->sidecars) {
    started = started && StartContainer(sidecar, false);
  }
  started = started && StartContainer(context_->plan->main, true);
  if (started) return;
  phase_ = Phase::kEnding;
  Kill();
  if (containers_.empty()) phase_ = Phase::kOver;
}

bool Pod::StartContainer(const ProcessPlan& process, bool is_main) {
  auto container = std::make_unique<Container>(ForThisPod(process), is_main, context_);
  const StartResult started = container->Start();
  if (started.pid > 0) {
    containers_.push_back(std::move(container));
    return true;
  }
  result_.end = JobEnd::kSpecMistake;
  result_.message = "container \"" + process.name + "\" " + started.error;
  return false;
}

ProcessPlan Pod::ForThisPod(const ProcessPlan& process) const {
  ProcessPlan mine = process;
  mine.argv = WordsForPod(process.argv, process.unique_name, number_);
  mine.cleanup = WordsForPod(process.cleanup, process.unique_name, number_);
  if (index_ >= 0) mine.env.push_back("JOB_COMPLETION_INDEX=" + std::to_string(index_));
  return mine;
}

void Pod::Judge(const Container& container) {
  const int status = container.wait_status();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::string message = "container \"" + container.process().name + "\" ";
  if (WIFEXITED(status)) {
    result_.end = JobEnd::kExitCode;
    result_.exit_code = WEXITSTATUS(status);
    message += "exited with code " + CodeText(WEXITSTATUS(status));
  } else {
    result_.end = JobEnd::kSignal;
    result_.signal = WTERMSIG(status);
    message += "was ended by signal " + SignalText(WTERMSIG(status));
    if (WTERMSIG(status) == SIGKILL) {
      message += ", sent by somebody else; the machine may have been out of memory";
    }
  }
  const std::string last_lines = container.LastLines();
  result_.message = last_lines.empty() ? message : message + ": " + last_lines;
  if (IsShellSyntaxError(container.process(), last_lines)) {
    result_.message +=
        "; command and args are joined by blanks and read by a shell, as Katib does: put what it "
        "is "
        "not to interpret in quotes of its own";
  }
}

}  // namespace qalam::supervisor
