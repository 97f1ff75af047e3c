#include "controller/experiment_end.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/parameter.h"

namespace qalam {
namespace {

// What to add to the message when there are constraints and no trial kept to them.
absl::string_view WithoutBest(const ExperimentState& state) {
  const bool none = !state.objective.constraints.empty() && !state.best;
  return none ? "; none of them keeps to spec.constraints" : "";
}

// Whether the last trials have brought nothing better for as long as was allowed.
bool IsStuck(const ExperimentState& state) {
  const std::optional<int64_t>& patience = state.end_rules.trials_without_improvement;
  return patience && state.best &&
         CompletedTrials(state.counts) - state.completed_at_improvement >= *patience;
}

}  // namespace

double CostOf(const std::vector<MetricSummary>& observation, const EndRules::MaxCost& limit) {
  for (const MetricSummary& metric : observation) {
    if (metric.name != limit.metric) continue;
    const double cost = ParseNumber(metric.latest).value_or(0);
    return std::isfinite(cost) ? std::max(cost, 0.0) : 0;
  }
  return 0;
}

absl::Time TimeLimit(const ExperimentState& state) {
  if (!state.end_rules.max_duration) return absl::InfiniteFuture();
  for (const ConditionRecord& condition : state.record.conditions) {
    if (condition.type != "Running" || !condition.status) continue;
    return condition.last_transition + *state.end_rules.max_duration;
  }
  return absl::InfiniteFuture();
}

std::optional<ExperimentEnding> FindEnding(const ExperimentState& state, absl::Time now) {
  const ExperimentRecord& record = state.record;
  if (const std::string how = GoalReached(state); !how.empty()) {
    return ExperimentEnding{"Succeeded", "ExperimentGoalReached",
                            absl::StrCat("Experiment has succeeded because ", how)};
  }
  const int64_t failed = state.counts.failed + state.counts.metrics_unavailable;
  if (record.max_failed_trial_count &&
      failed >= std::max<int64_t>(*record.max_failed_trial_count, 1)) {
    return ExperimentEnding{
        "Failed", "ExperimentFailed",
        absl::StrCat("Experiment has failed because ", failed,
                     " trials failed or reported no objective, and maxFailedTrialCount is ",
                     *record.max_failed_trial_count)};
  }
  if (record.max_trial_count && CompletedTrials(state.counts) >= *record.max_trial_count) {
    return ExperimentEnding{
        "Succeeded", "ExperimentMaxTrialsReached",
        absl::StrCat("Experiment has succeeded because its ", *record.max_trial_count,
                     " trials are done", WithoutBest(state))};
  }
  if (!state.suggestion_error.empty()) {
    return ExperimentEnding{"Failed", "ExperimentFailed",
                            absl::StrCat("the algorithm failed: ", state.suggestion_error)};
  }
  if (state.exhausted) {
    return ExperimentEnding{
        "Succeeded", "ExperimentSuggestionEndReached",
        absl::StrCat("Experiment has succeeded because its algorithm has nothing left to try",
                     WithoutBest(state))};
  }
  if (IsStuck(state)) {
    return ExperimentEnding{
        "Succeeded", "ExperimentNoImprovement",
        absl::StrCat("Experiment has succeeded because its last ",
                     CompletedTrials(state.counts) - state.completed_at_improvement,
                     " trials brought nothing better")};
  }
  if (!state.no_improvement_left.empty()) {
    return ExperimentEnding{
        "Succeeded", "ExperimentNoImprovement",
        absl::StrCat("Experiment has succeeded because ", state.no_improvement_left)};
  }
  if (const auto& limit = state.end_rules.max_cost; limit && state.cost >= limit->total) {
    return ExperimentEnding{
        "Succeeded", "ExperimentMaxCostReached",
        absl::StrCat("Experiment has succeeded because its trials cost ", FormatNumber(state.cost),
                     " ", limit->metric, ", and maxCost.total is ", FormatNumber(limit->total),
                     WithoutBest(state))};
  }
  if (now >= TimeLimit(state)) {
    return ExperimentEnding{"Succeeded", "ExperimentMaxDurationReached",
                            absl::StrCat("Experiment has succeeded because its ",
                                         absl::ToInt64Seconds(*state.end_rules.max_duration),
                                         " seconds are over", WithoutBest(state))};
  }
  return std::nullopt;
}

}  // namespace qalam
