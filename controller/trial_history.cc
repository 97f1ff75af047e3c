#include "controller/trial_history.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/trial_values.h"
#include "core/status_macros.h"

namespace qalam {

SuggesterSpec SuggesterSpecOf(const ExperimentSpec& spec) {
  return {.space = spec.space,
          .objective = spec.objective,
          .settings = spec.algorithm.settings,
          .seed = spec.seed,
          .max_trial_count = spec.submitted_budget.max_trial_count,
          .parallel_trial_count = spec.submitted_budget.parallel_trial_count,
          .sources = spec.sources,
          .duplicates = spec.duplicates};
}

std::unique_ptr<gp::Outlook> OutlookOf(const ExperimentSpec& spec) {
  const std::optional<EndRules::ImprovementBelow>& rule = spec.end_rules.improvement_below;
  if (!rule.has_value()) return nullptr;
  return std::make_unique<gp::Outlook>(spec.space, spec.objective, spec.seed, rule->amount);
}

TrialRecord RecordOf(const StoredTrial& trial, const Assignment& assignment,
                     const Objective& objective) {
  TrialRecord record{.number = trial.number, .assignment = assignment, .labels = trial.labels};
  if (!IsFinal(trial.condition)) return record;
  record.condition = trial.condition;
  if (!trial.objective.has_value()) return record;
  // The store does not keep the sign of a zero.
  record.objective = *trial.objective + 0.0;
  TrialValues values = ValuesOf(trial.observation, objective);
  record.further_objectives = std::move(values.further_objectives);
  record.violations = std::move(values.violations);
  return record;
}

absl::StatusOr<Assignment> StoredAssignment(const SearchSpace& space, const StoredTrial& trial) {
  absl::StatusOr<Assignment> assignment = space.Parse(trial.assignment);
  if (assignment.ok()) return assignment;
  return absl::DataLossError(absl::StrCat("trial ", trial.name, " in the store does not fit ",
                                          "spec.parameters: ", assignment.status().message()));
}

absl::StatusOr<History> ReadHistory(const Store& store, int64_t experiment,
                                    const ExperimentSpec& spec) {
  History history(spec.space, spec.objective);
  absl::Status status;
  const auto add = [&](const StoredTrial& trial) {
    const absl::StatusOr<Assignment> assignment = StoredAssignment(*spec.space, trial);
    status = assignment.status();
    if (status.ok()) history.Put(RecordOf(trial, *assignment, spec.objective));
    return status.ok();
  };
  QALAM_RETURN_IF_ERROR(store.VisitTrials(experiment, {.with_conditions = false}, add));
  QALAM_RETURN_IF_ERROR(status);
  return history;
}

}  // namespace qalam
