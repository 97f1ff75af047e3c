#ifndef QALAM_TRIALS_SUPERVISOR_MEMORY_GUARD_H_
#define QALAM_TRIALS_SUPERVISOR_MEMORY_GUARD_H_

#include <cstdint>
#include <string>

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// Keeps the processes of a job below a memory limit: by a cgroup where one can be made, else by
// looking every 100 ms at what they hold (which a quick process can outrun).
class MemoryGuard {
 public:
  // No limit when `limit` is 0. `parent` is the cgroup to make one below, or empty; `mark` is the
  // job's (proc.h), which names the cgroup.
  MemoryGuard(int64_t limit, const std::string& parent, const std::string& mark);
  ~MemoryGuard();
  MemoryGuard(const MemoryGuard&) = delete;
  MemoryGuard& operator=(const MemoryGuard&) = delete;

  bool active() const { return limit_ > 0; }
  // An open cgroup.procs that processes must join; -1 when there is no cgroup.
  int cgroup() const { return procs_.get(); }
  // Whether the limit was exceeded. `force` looks even if it is not time yet.
  bool Exceeded(bool force);
  int64_t next_check() const { return next_check_; }  // steady clock, nanoseconds

 private:
  bool MakeGroup();
  int64_t KilledInGroup() const;

  int64_t limit_;
  std::string group_;  // folder of our cgroup; empty: sampling
  UniqueFd procs_;
  int64_t next_check_ = 0;
};

// What the process `root` and all its descendants hold, without `root` itself.
int64_t MemoryBelow(int root);

// The folder of the cgroup of the job that has `mark`.
std::string MemoryGroupOf(const std::string& parent, const std::string& mark);

// Removes the cgroup that a supervisor which was killed has left.
void RemoveMemoryGroup(const std::string& parent, const std::string& mark);

// Whether cgroups with a memory limit can be made below `parent`.
bool CanLimitMemoryBelow(const std::string& parent);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_MEMORY_GUARD_H_
