#include "trials/supervisor/supervise.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "trials/supervisor/channel.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/job_supervisor.h"
#include "trials/supervisor/plan.h"
#include "trials/supervisor/state_file.h"

namespace qalam::supervisor {
namespace {

class Supervisor {
 public:
  Supervisor(UniqueFd signals, UniqueFd runner)
      : listening_{std::move(signals), std::move(runner)} {}

  void Run() {
    while (listening_.runner.valid()) {
      // Whoever adopts a job knows its supervisor by the other name.
      prctl(PR_SET_NAME, "qalam-idle");
      if (!Wait()) return;
      const std::optional<Request> request = TakeRequest();
      if (!request || request->kind != Request::Kind::kStart) continue;
      prctl(PR_SET_NAME, "qalam-job");
      Serve(*request);
    }
  }

 private:
  // False when it is time to end. A request of a runner that is gone is not served: the next runner
  // repeats what it still wants.
  bool Wait() {
    pollfd waiting[] = {{listening_.signals.get(), POLLIN, 0},
                        {listening_.runner.get(), POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0) return errno == EINTR;
    if ((waiting[1].revents & (POLLHUP | POLLERR)) != 0) return false;
    return (waiting[0].revents & POLLIN) == 0 || TakeSignals();
  }

  bool TakeSignals() {
    signalfd_siginfo info = {};
    while (read(listening_.signals.get(), &info, sizeof(info)) ==
           static_cast<ssize_t>(sizeof(info))) {
      if (info.ssi_signo == SIGTERM) return false;
    }
    return true;
  }

  std::optional<Request> TakeRequest() {
    Message message;
    switch (ReceiveMessage(listening_.runner.get(), &message)) {
      case Received::kMessage:
        return ParseRequest(message);
      case Received::kClosed:
        listening_.runner.Reset();
        return std::nullopt;
      case Received::kNothing:
        return std::nullopt;
    }
    return std::nullopt;
  }

  void Serve(const Request& request) {
    LockedState state = LockFreshState(request.directory);
    Plan plan;
    if (state.error != 0) return Tell({.kind = Report::Kind::kFailed, .error = state.error});
    if (!state.file.valid()) return Tell({.kind = Report::Kind::kTaken});
    if (!DecodePlan(request.plan, &plan)) {
      return Tell({.kind = Report::Kind::kFailed, .error = ENOMEM});
    }
    RunJob(plan, std::move(state.file));
  }

  void RunJob(const Plan& plan, UniqueFd state) {
    const int64_t started = WallNs();
    {
      JobSupervisor job(&plan, std::move(state), started, &listening_);
      const int error = job.Claim();
      if (error != 0) return Tell({.kind = Report::Kind::kFailed, .error = error});
      Tell({.kind = Report::Kind::kStarted, .started = started});
      job.Run();
    }
    // Only now is the lock on the state file free, and the job's memory group gone.
    Tell({.kind = Report::Kind::kEnded});
  }

  void Tell(const Report& report) {
    if (!listening_.runner.valid()) return;
    SendMessage(listening_.runner.get(), EncodeReport(report), /*file=*/-1, /*wait=*/true);
  }

  Listening listening_;
};

}  // namespace

void Supervise(UniqueFd runner) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const sigset_t handled = SupervisedSignals();
  UniqueFd signals(signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (signals.valid()) Supervisor(std::move(signals), std::move(runner)).Run();
}

}  // namespace qalam::supervisor
