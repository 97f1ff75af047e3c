#include "controller/stored_state.h"

#include <limits>

#include "controller/experiment_end.h"
#include "controller/trial_values.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// How many trials are final and became so no later than the trial `last`.
absl::StatusOr<int64_t> CompletedUpTo(const Store& store, int64_t experiment,
                                      const StoredTrial& last) {
  int64_t count = 0;
  QALAM_RETURN_IF_ERROR(
      store.VisitTrials(experiment, {.with_conditions = false}, [&](const StoredTrial& trial) {
        count += IsFinal(trial.condition) && trial.resource_version <= last.resource_version;
        return true;
      }));
  return count;
}

// The trial that last made the result better; null when there is none.
const StoredTrial* LastImprovement(const StoredOutcomes& stored) {
  const StoredTrial* last = stored.best ? &*stored.best : nullptr;
  for (const StoredTrial& trial : stored.front) {
    if (last == nullptr || trial.resource_version > last->resource_version) last = &trial;
  }
  return last;
}

absl::Status LoadImprovement(const Store& store, const StoredOutcomes& stored,
                             ExperimentState* state) {
  const StoredTrial* const last = LastImprovement(stored);
  if (!state->end_rules.trials_without_improvement || last == nullptr) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(state->completed_at_improvement,
                         CompletedUpTo(store, state->record.id, *last));
  return absl::OkStatus();
}

absl::Status LoadCost(const Store& store, ExperimentState* state) {
  const std::optional<EndRules::MaxCost>& limit = state->end_rules.max_cost;
  if (!limit) return absl::OkStatus();
  return store.VisitTrials(state->record.id, {.with_conditions = false},
                           [&](const StoredTrial& trial) {
                             if (IsFinal(trial.condition))
                               state->cost += CostOf(trial.observation, *limit);
                             return true;
                           });
}

absl::Status LoadFront(const Store& store, ExperimentState* state,
                       std::vector<StoredTrial>* front) {
  const Objective& objective = state->objective;
  QALAM_ASSIGN_OR_RETURN(*front, store.FrontTrials(state->record.id));
  for (const StoredTrial& trial : *front) {
    const double first = trial.objective.value_or(std::numeric_limits<double>::quiet_NaN());
    state->front.Add(
        {trial.number, LossesOf(first, ValuesOf(trial.observation, objective), objective)});
  }
  return absl::OkStatus();
}

}  // namespace

ExperimentState StateOf(const ExperimentRecord& record, const ExperimentSpec& spec) {
  ExperimentState state;
  state.record = record;
  state.objective = spec.objective;
  state.further_goals = spec.further_goals;
  state.end_rules = spec.end_rules;
  state.initial_trials = spec.initial_trials;
  return state;
}

absl::StatusOr<StoredOutcomes> LoadOutcomes(const Store& store, ExperimentState* state) {
  const Objective& objective = state->objective;
  const int64_t id = state->record.id;
  StoredOutcomes stored;
  QALAM_ASSIGN_OR_RETURN(state->counts, store.CountTrials(id));
  const bool maximize = objective.direction == Direction::kMaximize;
  QALAM_ASSIGN_OR_RETURN(stored.best, store.BestTrial(id, maximize));
  if (stored.best) {
    state->best = ExperimentState::Best{stored.best->number, *stored.best->objective};
  }
  if (!objective.constraints.empty()) {
    QALAM_ASSIGN_OR_RETURN(stored.nearest, store.NearestTrial(id));
    if (stored.nearest) {
      state->nearest = ExperimentState::Nearest{stored.nearest->number, stored.nearest->violation};
    }
  }
  if (objective.count() > 1) QALAM_RETURN_IF_ERROR(LoadFront(store, state, &stored.front));
  QALAM_RETURN_IF_ERROR(LoadImprovement(store, stored, state));
  QALAM_RETURN_IF_ERROR(LoadCost(store, state));
  return stored;
}

}  // namespace qalam
