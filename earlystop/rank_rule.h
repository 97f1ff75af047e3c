#ifndef QALAM_EARLYSTOP_RANK_RULE_H_
#define QALAM_EARLYSTOP_RANK_RULE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "earlystop/early_stopper.h"
#include "earlystop/step_order.h"

namespace qalam {

// Stops a trial that is worse than a quantile of what the others had reached after as many reports,
// whatever became of them since. Judges at every report from `start_step` on, live.
class RankRule final : public EarlyStopper {
 public:
  struct Options {
    // The best `share` of the others: 0.5 for the median.
    double share = 0.5;
    // "the median": what to call the quantile.
    std::string words;
    int64_t min_trials = 3;  // others that have come as far
    int64_t start_step = 1;
  };
  explicit RankRule(Options options) : options_(std::move(options)) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override;
  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override;

 private:
  const Options options_;
  StepOrder order_;
};

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_RANK_RULE_H_
