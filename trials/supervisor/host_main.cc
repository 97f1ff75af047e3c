// qalam-supervisor: forks the supervisors that its runner asks for. It is small and linked
// statically because a fork of it costs a tenth of starting a program.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "trials/supervisor/channel.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/job_supervisor.h"
#include "trials/supervisor/supervise.h"

namespace qalam::supervisor {
namespace {

// The end of a terminal, of a pipe or a key press of the person at the controller is not the
// trials'.
void SetUpSignals() {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ}) {
    std::signal(signal, SIG_IGN);
  }
  const sigset_t handled = SupervisedSignals();
  sigprocmask(SIG_SETMASK, &handled, nullptr);
}

class Host {
 public:
  // Returns when the runner is gone.
  void Run() {
    const sigset_t handled = SupervisedSignals();
    signals_.Reset(signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
    for (;;) {
      pollfd waiting[] = {{socket_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
      if (poll(waiting, 2, -1) < 0 && errno != EINTR) return;
      // Requests of a runner that is gone are not served: the next one repeats what it still wants.
      if ((waiting[0].revents & (POLLHUP | POLLERR)) != 0) return;
      if ((waiting[1].revents & POLLIN) != 0 && !TakeSignals()) return;
      if ((waiting[0].revents & POLLIN) != 0) Serve();
    }
  }

 private:
  bool TakeSignals() {
    signalfd_siginfo info = {};
    while (read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      if (info.ssi_signo == SIGTERM) return false;
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return true;
  }

  void Serve() {
    Message message;
    if (ReceiveMessage(socket_.get(), &message) != Received::kMessage) return;
    if (!message.file.valid()) return;  // no descriptor is left: the runner sees its end closed
    const pid_t pid = fork();
    if (pid == 0) {
      socket_.Reset();
      signals_.Reset();
      Supervise(std::move(message.file));
      _exit(0);
    }
    if (pid > 0) return;
    // In the name of the supervisor that is not to be.
    const Report report = {.kind = Report::Kind::kFailed, .error = errno};
    SendMessage(message.file.get(), EncodeReport(report), /*file=*/-1, /*wait=*/false);
  }

  UniqueFd socket_{kHostSocket};
  UniqueFd signals_;
};

}  // namespace
}  // namespace qalam::supervisor

int main() {
  // Trials inherit nothing that the controller left open.
  syscall(SYS_close_range, qalam::supervisor::kHostSocket + 1, ~0u, 0);
  fcntl(qalam::supervisor::kHostSocket, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_NAME, "qalam-host");
  qalam::supervisor::SetUpSignals();
  qalam::supervisor::Host().Run();
  return 0;
}
