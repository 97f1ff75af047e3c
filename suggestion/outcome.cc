#include "suggestion/outcome.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "core/outcomes.h"

namespace qalam {
namespace {

int Rank(OutcomeKind kind) {
  return kind == OutcomeKind::kObserved ? 0 : kind == OutcomeKind::kPartial ? 1 : 2;
}

double ViolationOf(const TrialRecord& trial, const Objective& objective) {
  if (trial.violations.size() != objective.constraints.size()) {
    return std::numeric_limits<double>::infinity();
  }
  return TotalViolation(trial.violations);
}

}  // namespace

bool BetterOutcome(const Outcome& a, const Outcome& b) {
  if (Rank(a.kind) != Rank(b.kind)) return Rank(a.kind) < Rank(b.kind);
  return a.violation != b.violation ? a.violation < b.violation : a.loss < b.loss;
}

Outcome OutcomeOf(const TrialRecord& trial, const Objective& objective) {
  if (!IsFinal(trial.condition)) return {OutcomeKind::kPending};
  if (trial.condition == TrialCondition::kKilled) return {OutcomeKind::kNothing};
  const bool finite = trial.objective.has_value() && std::isfinite(*trial.objective) &&
                      trial.further_objectives.size() == objective.further.size() &&
                      std::all_of(trial.further_objectives.begin(), trial.further_objectives.end(),
                                  [](double value) { return std::isfinite(value); });
  const bool ended_well = trial.condition == TrialCondition::kSucceeded ||
                          trial.condition == TrialCondition::kEarlyStopped;
  if (!finite || !ended_well) return {OutcomeKind::kFailed};
  Outcome outcome;
  outcome.kind = trial.condition == TrialCondition::kSucceeded ? OutcomeKind::kObserved
                                                               : OutcomeKind::kPartial;
  outcome.loss = LossOf(objective, 0, *trial.objective);
  outcome.violation = ViolationOf(trial, objective);
  for (int i = 1; i < objective.count(); ++i) {
    outcome.further_losses.push_back(
        LossOf(objective, i, trial.further_objectives[static_cast<size_t>(i) - 1]));
  }
  return outcome;
}

}  // namespace qalam
