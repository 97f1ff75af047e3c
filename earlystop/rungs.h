#ifndef QALAM_EARLYSTOP_RUNGS_H_
#define QALAM_EARLYSTOP_RUNGS_H_

#include <cstdint>
#include <optional>

#include "earlystop/early_stopper.h"
#include "earlystop/step_order.h"

namespace qalam {

// The rungs of successive halving: first, first * eta, first * eta^2, ... reports, below `end`.
struct Rungs {
  int64_t first = 1;
  int64_t eta = 3;
  int64_t end = 0;  // 0: without an end

  bool Contains(int64_t step) const;
};

// Of `count` trials at a rung, how many go on.
int64_t GoOn(int64_t count, int64_t eta);

// One ladder of rungs in the stopping form of ASHA: who comes to a rung goes on when it is among
// the best 1/eta of those that have come there so far, itself included, and at least when none is
// better.
class Ladder {
 public:
  // `wanted`: whose reports count; empty: all. `min_trials`: others at a rung before any is
  // stopped there.
  using Wanted = std::function<bool(const Curve&)>;
  Ladder(const Rungs& rungs, int64_t min_trials, Wanted wanted = {});

  // `where`: " of bracket 2", for the reason.
  StopDecision Judge(const Curve& running, const CurveHistory& history, const std::string& where);
  // The static form of the first rung, for a trial that has yet to come there.
  std::vector<EarlyStoppingRule> FirstRule(const CurveHistory& history);

 private:
  const Rungs rungs_;
  const int64_t min_trials_;
  StepOrder order_;
};

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_RUNGS_H_
