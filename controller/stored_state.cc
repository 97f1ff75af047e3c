#include "controller/stored_state.h"

#include <limits>

#include "controller/trial_values.h"
#include "core/status_macros.h"

namespace qalam {

ExperimentState StateOf(const ExperimentRecord& record, const ExperimentSpec& spec) {
  ExperimentState state;
  state.record = record;
  state.objective = spec.objective;
  state.further_goals = spec.further_goals;
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
  if (objective.count() == 1) return stored;
  QALAM_ASSIGN_OR_RETURN(stored.front, store.FrontTrials(id));
  for (const StoredTrial& trial : stored.front) {
    const double first = trial.objective.value_or(std::numeric_limits<double>::quiet_NaN());
    state->front.Add(
        {trial.number, LossesOf(first, ValuesOf(trial.observation, objective), objective)});
  }
  return stored;
}

}  // namespace qalam
