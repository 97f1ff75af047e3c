#ifndef QALAM_EARLYSTOP_RUNGS_H_
#define QALAM_EARLYSTOP_RUNGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "earlystop/early_stopper.h"
#include "earlystop/step_order.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

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

// The settings min_resource, eta (`eta` unless given), max_resource (which has its own help) and
// min_trials_required.
std::vector<SettingSpec> RungSettings(int64_t eta, absl::string_view max_resource_help);
// Without min_resource the first rung is the second report, as the first one is often from before
// the training; or where trials are long the part eta^-3 of them, before which ranks are mostly
// noise.
Rungs RungsOf(const SettingsReader& settings);

// One ladder of rungs in the stopping form of ASHA: who comes to a rung goes on when it is among
// the best 1/eta of those that have come there so far, itself included, and at least when none is
// better.
class Ladder {
 public:
  explicit Ladder(const SettingsReader& settings);

  const Rungs& rungs() const { return rungs_; }
  // `where`: " in bracket 2", for the reason.
  StopDecision Judge(const Curve& running, const CurveHistory& history, const std::string& where);
  // The static form of the first rung, for a trial that has yet to come there.
  std::vector<EarlyStoppingRule> FirstRule(const CurveHistory& history);

 private:
  const Rungs rungs_;
  const int64_t min_trials_;  // others at a rung before any is stopped there
  StepOrder order_;
};

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_RUNGS_H_
