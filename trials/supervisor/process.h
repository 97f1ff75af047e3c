#ifndef QALAM_TRIALS_SUPERVISOR_PROCESS_H_
#define QALAM_TRIALS_SUPERVISOR_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "trials/supervisor/plan.h"

namespace qalam::supervisor {

// What the processes of a job have in common.
struct Surroundings {
  std::vector<std::string> env;  // on top of each process' own
  std::string work_folder;       // where a process starts that names no folder
  int cgroup = -1;               // an open cgroup.procs to join, or -1
};

struct StartResult {
  pid_t pid = -1;     // -1: not started
  std::string error;  // then, why: "cannot start \"trian.py\": No such file or directory"
  int error_number = 0;
};

// Starts a process as leader of a new process group, with /dev/null as its input and `output` as
// its output and errors. It dies with the supervisor. Returns when the program runs or could not
// be.
StartResult StartProcess(const ProcessPlan& process, const Surroundings& surroundings, int output);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_PROCESS_H_
