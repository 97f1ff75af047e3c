#ifndef QALAM_TRIALS_RUNNERS_CLEANUP_COMMAND_H_
#define QALAM_TRIALS_RUNNERS_CLEANUP_COMMAND_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "trials/job.h"

namespace qalam {

// A command that removes what a process of a lost job may have left outside of it (a container of
// an engine). Ends with the object.
class CleanupCommand {
 public:
  // Starts it, with no input and no output. One that cannot be started is done at once.
  explicit CleanupCommand(const std::vector<std::string>& argv);
  ~CleanupCommand();
  CleanupCommand(CleanupCommand&& other) noexcept;
  CleanupCommand& operator=(CleanupCommand&&) = delete;

  // True when it has ended, however; one that takes over a minute is ended.
  bool Done();

 private:
  void Kill();

  pid_t pid_ = -1;
  int64_t give_up_at_ = 0;  // steady clock, nanoseconds
};

// What is to be run after a job whose supervisor was lost: the cleanup of each of its processes,
// for every pod that may have been started.
std::vector<std::vector<std::string>> CleanupsOf(const Job& job);

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_CLEANUP_COMMAND_H_
