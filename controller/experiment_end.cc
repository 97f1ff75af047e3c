#include "controller/experiment_end.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace qalam {
namespace {

// What to add to the message when there are constraints and no trial kept to them.
absl::string_view WithoutBest(const ExperimentState& state) {
  const bool none = !state.objective.constraints.empty() && !state.best;
  return none ? "; none of them keeps to spec.constraints" : "";
}

}  // namespace

std::optional<ExperimentEnding> FindEnding(const ExperimentState& state) {
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
        absl::StrCat("Experiment has succeeded because every point of the search space was tried",
                     WithoutBest(state))};
  }
  return std::nullopt;
}

}  // namespace qalam
