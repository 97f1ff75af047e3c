#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// A handler gets nothing but the number, so where to write it can only be global.
std::atomic<int> signal_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void WriteSignalToPipe(int signal) {
  const int saved_errno = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe holds plenty of signals already.
  [[maybe_unused]] const ssize_t written = write(signal_pipe.load(), &byte, 1);
  errno = saved_errno;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SignalWatcher>> SignalWatcher::Start(
    const std::vector<int>& signals, std::function<void(int)> on_signal) {
  std::unique_ptr<SignalWatcher> watcher(new SignalWatcher);
  if (pipe2(watcher->pipe_, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot watch signals: ", std::strerror(errno)));
  }
  fcntl(watcher->pipe_[1], F_SETFL, O_NONBLOCK);
  signal_pipe = watcher->pipe_[1];
  watcher->on_signal_ = std::move(on_signal);
  watcher->thread_ = std::thread([w = watcher.get()] { w->Run(); });
  for (const int signal : signals) {
    struct sigaction action = {};
    action.sa_handler = WriteSignalToPipe;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    Former former = {.signal = signal, .action = {}};
    sigaction(signal, nullptr, &former.action);
    // What `nohup` or the shell's `&` made us ignore stays ignored.
    if (former.action.sa_handler == SIG_IGN && signal != SIGPIPE) continue;
    sigaction(signal, &action, nullptr);
    watcher->former_.push_back(former);
  }
  return watcher;
}

SignalWatcher::~SignalWatcher() {
  for (const Former& former : former_) sigaction(former.signal, &former.action, nullptr);
  signal_pipe = -1;
  if (pipe_[1] >= 0) close(pipe_[1]);  // ends the thread
  if (thread_.joinable()) thread_.join();
  if (pipe_[0] >= 0) close(pipe_[0]);
}

void SignalWatcher::Run() {
  unsigned char signal = 0;
  while (true) {
    const ssize_t got = read(pipe_[0], &signal, 1);
    if (got == 1) {
      on_signal_(signal);
    } else if (got == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace qalam
