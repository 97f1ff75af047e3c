#ifndef QALAM_CONTROLLER_TRIAL_VALUES_H_
#define QALAM_CONTROLLER_TRIAL_VALUES_H_

#include <string>
#include <vector>

#include "core/objective.h"
#include "core/trial.h"

namespace qalam {

// What a trial's metrics amount to beside its first objective, as in TrialRecord.
struct TrialValues {
  std::vector<double> further_objectives;
  std::vector<double> violations;
};
TrialValues ValuesOf(const std::vector<MetricSummary>& observation, const Objective& objective);

// The value of each metric that is optimised, the given one first, so that smaller is better.
std::vector<double> LossesOf(double first, const TrialValues& values, const Objective& objective);

// "memory_mb is 700, beyond memory_mb <= 512", for each outcome constraint that is not kept to; ""
// when all are.
std::string DescribeViolations(const std::vector<MetricSummary>& observation,
                               const Objective& objective);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_TRIAL_VALUES_H_
