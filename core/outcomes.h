#ifndef QALAM_CORE_OUTCOMES_H_
#define QALAM_CORE_OUTCOMES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/objective.h"

namespace qalam {

// What several objectives and the constraints on outcomes mean for the results of trials. The i-th
// metric that is optimised is Objective::metrics[0] for i = 0, else that of Objective::further[i -
// 1].

// The metric with its strategy; it is among Objective::metrics, which are not empty.
const MetricSpec& OptimisedMetric(const Objective& objective, int i);

// `value` of the i-th metric so that smaller is better; and back.
double LossOf(const Objective& objective, int i, double value);

// Goals of Objective::further, in order, each absent where there is none; empty when there are none
// at all. (The first goal is Objective::goal.)
using FurtherGoals = std::vector<std::optional<double>>;

// True when there is a goal, and losses[i] = LossOf(i, value) reaches each goal that there is.
bool ReachesGoals(const Objective& objective, const FurtherGoals& further,
                  absl::Span<const double> losses);

// The sum of what is beyond the bounds; infinity when a violation is unknown (NaN), and 0 exactly
// when every bound is kept to.
double TotalViolation(absl::Span<const double> violations);

// "memory_mb <= 512".
std::string BoundText(const OutcomeConstraint& constraint);

}  // namespace qalam

#endif  // QALAM_CORE_OUTCOMES_H_
