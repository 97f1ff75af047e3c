#ifndef QALAM_CLI_SIGNALS_H_
#define QALAM_CLI_SIGNALS_H_

#include <csignal>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace qalam {

// Tells of signals from an ordinary thread, where anything may be done. While it lives the signals
// have handlers (not a blocked mask, which child processes would inherit); afterwards what they had
// before. One at a time in a process.
class SignalWatcher {
 public:
  // `on_signal` is called on the watcher's thread, once for each signal, in order.
  static absl::StatusOr<std::unique_ptr<SignalWatcher>> Start(
      const std::vector<int>& signals, std::function<void(int signal)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Former {
    int signal;
    struct sigaction action;
  };
  SignalWatcher() = default;
  void Run();

  int pipe_[2] = {-1, -1};
  std::vector<Former> former_;
  std::function<void(int)> on_signal_;
  std::thread thread_;
};

}  // namespace qalam

#endif  // QALAM_CLI_SIGNALS_H_
