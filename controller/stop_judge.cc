#include "controller/stop_judge.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "earlystop/registry.h"
#include "trials/metrics/metric_value.h"

namespace qalam {

absl::StatusOr<std::unique_ptr<StopJudge>> StopJudge::Create(const AlgorithmSpec& rule,
                                                             const Objective& objective) {
  QALAM_ASSIGN_OR_RETURN(
      std::unique_ptr<EarlyStopper> stopper,
      CreateStopper(rule.name, {.objective = objective, .settings = rule.settings}));
  return std::unique_ptr<StopJudge>(new StopJudge(rule.name, std::move(stopper), objective));
}

bool StopJudge::Add(int64_t number, const MetricPoint& point) {
  if (point.metric != history_.objective().metrics[0].name) return false;
  // A text that is no number (a genotype) says nothing of how good the trial is.
  if (std::isnan(point.value) && !MetricNumber(point.text).has_value()) return false;
  return history_.Report(number, point.value);
}

std::optional<std::string> StopJudge::Judge(int64_t number,
                                            const std::vector<MetricPoint>& points) {
  std::optional<std::string> why;
  for (const MetricPoint& point : points) {
    if (!Add(number, point) || why.has_value()) continue;
    const StopDecision decision = stopper_->Judge(*history_.Find(number), history_);
    if (decision.stop) why = absl::StrCat(rule_, ": ", decision.why);
  }
  return why;
}

}  // namespace qalam
