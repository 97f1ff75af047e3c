#ifndef QALAM_SUGGESTION_OUTCOME_H_
#define QALAM_SUGGESTION_OUTCOME_H_

#include <vector>

#include "core/objective.h"
#include "core/trial.h"

namespace qalam {

// What an algorithm may learn from a trial.
enum class OutcomeKind {
  kPending,   // not final: its point is taken, its result unknown
  kObserved,  // succeeded with a finite objective
  kPartial,   // stopped early with a finite objective: what it had reached until then
  kFailed,    // its point gives no result: failed, no metric, or an objective that is not finite
  kNothing,   // killed by a person or the end of the experiment: says nothing about its point
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kPending;
  // Of kObserved and kPartial: the objective so that smaller is better, finite. Otherwise 0.
  double loss = 0;
  // Of the same: 0 when every outcome constraint holds; else the sum of the violations, infinity
  // when one is unknown.
  double violation = 0;
  // Of the same, where several metrics are optimised: those after the first, so that smaller is
  // better, all finite.
  std::vector<double> further_losses = {};

  bool has_loss() const { return kind == OutcomeKind::kObserved || kind == OutcomeKind::kPartial; }
  // Has a loss, and every outcome constraint holds.
  bool feasible() const { return has_loss() && violation == 0; }
};

// True when `a` is a better result than `b`: observed ones come before partial ones and those
// before all others; among these, smaller violations of the outcome constraints come first, then
// smaller losses. Trials are stopped early because they are bad, so their losses, taken before the
// end, are compared among themselves only. Where several metrics are optimised this is the order by
// the first one.
bool BetterOutcome(const Outcome& a, const Outcome& b);

Outcome OutcomeOf(const TrialRecord& trial, const Objective& objective);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_OUTCOME_H_
