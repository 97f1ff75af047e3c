#include "earlystop/rank_rule.h"

#include "absl/strings/str_cat.h"
#include "earlystop/parts.h"

namespace qalam {

StopDecision RankRule::Judge(const Curve& running, const CurveHistory& history) {
  order_.CatchUp(history);
  if (running.steps() < options_.start_step) return {};
  const absl::Span<const double> values = order_.At(running.steps());
  const int64_t others = static_cast<int64_t>(values.size()) - 1;
  if (others < options_.min_trials) return {};
  const double reached = running.reached.back();
  const double limit = QuantileWithout(values, reached, options_.share);
  if (reached <= limit) return {};
  const Objective& objective = history.objective();
  return {true, absl::StrCat(ReachedText(objective, running), " is worse than ",
                             MetricText(objective, limit), ", ", options_.words, " of ",
                             OtherTrials(others), " there")};
}

std::vector<EarlyStoppingRule> RankRule::Rules(const CurveHistory& history) {
  order_.CatchUp(history);
  const absl::Span<const double> values = order_.At(options_.start_step);
  if (static_cast<int64_t>(values.size()) < options_.min_trials) return {};
  return {WorseThan(history.objective(), Quantile(values, options_.share), options_.start_step)};
}

}  // namespace qalam
