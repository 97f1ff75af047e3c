#ifndef QALAM_TRIALS_RUNNERS_JOB_PLAN_H_
#define QALAM_TRIALS_RUNNERS_JOB_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "trials/job.h"
#include "trials/supervisor/plan.h"
#include "trials/supervisor/state_file.h"

namespace qalam {

// InvalidArgument when a field of `job` has a value that no machine could run.
absl::Status CheckJob(const Job& job);

// What a supervisor needs to know to run `job` with the GPUs `gpus`. `memory_cgroup` is where
// groups with a memory limit can be made, or empty.
supervisor::Plan PlanFor(const Job& job, const std::vector<std::string>& gpus,
                         const std::string& memory_cgroup);

JobOutcome OutcomeOf(const supervisor::EndRecord& record);

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_JOB_PLAN_H_
