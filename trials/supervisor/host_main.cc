// qalam-supervisor: forks a supervisor for each job that its runner asks for. It is small and
// linked statically because a fork of it costs a tenth of starting a program.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "trials/supervisor/channel.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/job_supervisor.h"
#include "trials/supervisor/state_file.h"

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

void Supervise(const StartRequest& request, UniqueFd state, int64_t started) {
  Plan plan;
  if (!DecodePlan(request.plan, &plan)) return;
  JobSupervisor(&plan, std::move(state), started).Run();
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
    const std::optional<Message> message = ReceiveMessage(socket_.get(), /*wait=*/false);
    const std::optional<StartRequest> request =
        message ? ParseStartRequest(*message) : std::nullopt;
    if (!request) return;
    StartReply reply;
    reply.id = request->id;
    LockedState state = LockFreshState(request->directory);
    UniqueFd process;
    if (state.error != 0) {
      reply.error = state.error;
    } else if (!state.file.valid()) {
      reply.kind = StartReply::Kind::kTaken;
    } else {
      process = Fork(*request, std::move(state.file), &reply);
    }
    SendMessage(socket_.get(), EncodeStartReply(reply), process.get(), /*wait=*/true);
  }

  // The child keeps the lock on `state`; the parent's descriptor is closed on return.
  UniqueFd Fork(const StartRequest& request, UniqueFd state, StartReply* reply) {
    reply->started = WallNs();
    const pid_t pid = fork();
    if (pid == 0) {
      socket_.Reset();
      signals_.Reset();
      Supervise(request, std::move(state), reply->started);
      _exit(0);
    }
    // Not reaped yet, so the number is still its own.
    UniqueFd process(pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1);
    reply->error = process.valid() ? 0 : errno;
    // Without a pidfd the runner looks for the supervisor itself.
    reply->kind = process.valid() ? StartReply::Kind::kForked
                  : pid > 0       ? StartReply::Kind::kTaken
                                  : StartReply::Kind::kFailed;
    return process;
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
