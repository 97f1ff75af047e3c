#include "suggestion/outcome.h"

#include <cmath>

namespace qalam {
namespace {

int Rank(OutcomeKind kind) {
  return kind == OutcomeKind::kObserved ? 0 : kind == OutcomeKind::kPartial ? 1 : 2;
}

}  // namespace

bool BetterOutcome(const Outcome& a, const Outcome& b) {
  return Rank(a.kind) != Rank(b.kind) ? Rank(a.kind) < Rank(b.kind) : a.loss < b.loss;
}

Outcome OutcomeOf(const TrialRecord& trial, const Objective& objective) {
  if (!IsFinal(trial.condition)) return {OutcomeKind::kPending};
  if (trial.condition == TrialCondition::kKilled) return {OutcomeKind::kNothing};
  const bool finite = trial.objective.has_value() && std::isfinite(*trial.objective);
  const bool ended_well = trial.condition == TrialCondition::kSucceeded ||
                          trial.condition == TrialCondition::kEarlyStopped;
  if (!finite || !ended_well) return {OutcomeKind::kFailed};
  const double loss =
      objective.direction == Direction::kMinimize ? *trial.objective : -*trial.objective;
  return {trial.condition == TrialCondition::kSucceeded ? OutcomeKind::kObserved
                                                        : OutcomeKind::kPartial,
          loss};
}

}  // namespace qalam
