#ifndef QALAM_TRIALS_SUPERVISOR_PROC_H_
#define QALAM_TRIALS_SUPERVISOR_PROC_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace qalam::supervisor {

// Children of any thread of a process.
std::vector<pid_t> ChildrenOf(pid_t pid);

// Bytes of memory that a process does not share with others; 0 when it is gone.
int64_t PrivateMemoryOf(pid_t pid);

// Processes (zombies are none) that have `mark`, a whole "NAME=value", in their environment.
std::vector<pid_t> ProcessesMarked(const std::string& mark);
// Kills them and returns how many there were.
int KillMarked(const std::string& mark);

// The command name of a process ("qalam-job"), empty when it is gone.
std::string CommandOf(pid_t pid);

// The mark of a job: job names repeat between data folders, directories do not.
std::string MarkOf(const std::string& name, const std::string& directory);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_PROC_H_
