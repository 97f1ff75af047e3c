#ifndef QALAM_CONTROLLER_EXPERIMENT_END_H_
#define QALAM_CONTROLLER_EXPERIMENT_END_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/spec/experiment_spec.h"
#include "controller/state.h"
#include "core/trial.h"

namespace qalam {

// How an experiment comes to its end: its last condition, with reason and message.
struct ExperimentEnding {
  std::string condition;
  std::string reason;
  std::string message;
};

// Why an experiment in this state has to end; nothing when it goes on. In Katib's order: goal,
// failures, trials; then what Katib lacks: an algorithm that failed, one that has nothing left to
// try, no improvement for long or none to be expected, too high a cost, no time left. What a user
// wants (StopRequested) is not looked at.
std::optional<ExperimentEnding> FindEnding(const ExperimentState& state, absl::Time now);

// What a trial with these metrics cost: nothing where it is not known or below 0.
double CostOf(const std::vector<MetricSummary>& observation, const EndRules::MaxCost& limit);

// When its time is over; infinite future where it is not limited, or does not run.
absl::Time TimeLimit(const ExperimentState& state);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_EXPERIMENT_END_H_
