#ifndef QALAM_TRIALS_RUNNERS_SUPERVISOR_POOL_H_
#define QALAM_TRIALS_RUNNERS_SUPERVISOR_POOL_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "trials/runners/supervisor_host.h"
#include "trials/supervisor/channel.h"
#include "trials/supervisor/fd.h"

namespace qalam {

// The supervisors of a runner (trials/supervisor/supervise.h): has new ones forked by the host, and
// gives the next job to one that has none. What a supervisor does after the pool is gone is its own
// affair: it sees its job to the end.
class SupervisorPool {
 public:
  // What is heard of a job.
  struct News {
    int64_t job = 0;
    bool gone = false;          // its supervisor died before it reported the end
    supervisor::Report report;  // unless gone
  };

  // Everything that can be heard is announced in the epoll instance `epoll`, which must outlive the
  // pool, with tags: of the host `host_tag`, of supervisors those below it.
  SupervisorPool(int epoll, int64_t host_tag) : epoll_(epoll), host_tag_(host_tag) {}

  absl::Status StartHost();
  void StopHost() { host_.Stop(); }
  bool has_host() const { return host_.running(); }

  // Whether a supervisor has the job.
  bool Has(int64_t job) const { return tags_.count(job) > 0; }
  // Hands the job to a supervisor, whose news come later. 0, or an errno; ENOTCONN when a new
  // supervisor is needed and there is no host.
  int Start(int64_t job, const supervisor::Request& request);
  // Asks the supervisor of `job` to end it, with a grace in nanoseconds. Nothing happens when the
  // job has none any more.
  void Cancel(int64_t job, int64_t grace);
  // What the supervisor of this tag has said since.
  std::vector<News> Take(int64_t tag);

 private:
  struct Member {
    supervisor::UniqueFd socket;
    int64_t job = 0;  // 0: none
  };

  int StartNew(int64_t job, const supervisor::Request& request);
  void Assign(int64_t tag, int64_t job);
  // The supervisor has no job any more; returns the one that it had.
  int64_t Free(int64_t tag);
  void Drop(int64_t tag);

  int epoll_;
  int64_t host_tag_;
  SupervisorHost host_;
  int64_t last_tag_ = host_tag_;
  std::map<int64_t, Member> members_;  // by tag
  std::map<int64_t, int64_t> tags_;    // by job
  std::vector<int64_t> idle_;          // tags; the one that was last at work comes last
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_SUPERVISOR_POOL_H_
