#ifndef QALAM_TRIALS_RUNNERS_SUPERVISOR_HOST_H_
#define QALAM_TRIALS_RUNNERS_SUPERVISOR_HOST_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "trials/supervisor/fd.h"

namespace qalam {

// The process that forks supervisors for a runner. Its program is part of this one, so that trials
// go on when this program is replaced on disk.
class SupervisorHost {
 public:
  SupervisorHost() = default;
  ~SupervisorHost() { Stop(); }
  SupervisorHost(const SupervisorHost&) = delete;
  SupervisorHost& operator=(const SupervisorHost&) = delete;

  // Starts it. Unavailable when no process can be started now.
  absl::Status Start();
  // Ends it; the supervisors that it forked go on.
  void Stop();

  bool running() const { return socket_.valid(); }
  // Our end of the channel (trials/supervisor/channel.h); not blocking.
  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }

 private:
  absl::Status LoadImage();
  absl::Status LoadTemporaryFile();
  absl::Status Keep(const supervisor::UniqueFd& file);
  int Spawn(int socket);

  supervisor::UniqueFd image_;  // the program; a file in memory where that can be run
  supervisor::UniqueFd socket_;
  pid_t pid_ = -1;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_SUPERVISOR_HOST_H_
