#ifndef QALAM_TRIALS_SUPERVISOR_SUPERVISE_H_
#define QALAM_TRIALS_SUPERVISOR_SUPERVISE_H_

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// The life of a supervisor, in a process of its own: runs the jobs that are asked for at its end
// `runner` of a channel, one after the other, and reports on them there. Returns when the runner is
// gone or SIGTERM comes while it has no job. SupervisedSignals() must be blocked.
void Supervise(UniqueFd runner);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_SUPERVISE_H_
