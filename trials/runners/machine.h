#ifndef QALAM_TRIALS_RUNNERS_MACHINE_H_
#define QALAM_TRIALS_RUNNERS_MACHINE_H_

#include <string>

#include "trials/runners/resource_ledger.h"

namespace qalam {

// What this process may use: CPUs by affinity and cgroup quota, memory by the machine and the
// cgroup limits, GPUs by $QALAM_GPUS ("0,1"; "" for none) or the /dev/nvidia* that are there.
MachineResources DetectMachine();

// A cgroup folder below which a group with a memory limit can be made for a job; empty when this
// machine or the rights of this process do not allow it.
std::string FindMemoryCgroup();

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_MACHINE_H_
