#include "controller/stop_judge.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "earlystop/registry.h"
#include "trials/metrics/metric_value.h"

namespace qalam {

bool IsReport(const MetricPoint& point, const std::string& objective) {
  return point.metric == objective &&
         (!std::isnan(point.value) || MetricNumber(point.text).has_value());
}

absl::StatusOr<std::unique_ptr<StopJudge>> StopJudge::Create(const AlgorithmSpec& rule,
                                                             const Objective& objective) {
  QALAM_ASSIGN_OR_RETURN(
      std::unique_ptr<EarlyStopper> stopper,
      CreateStopper(rule.name, {.objective = objective, .settings = rule.settings}));
  return std::unique_ptr<StopJudge>(new StopJudge(rule.name, std::move(stopper), objective));
}

absl::Status StopJudge::Restore(const Store& store, int64_t experiment, const StoredTrial& trial) {
  Start(trial.number);
  QALAM_RETURN_IF_ERROR(store.VisitMetrics(experiment, trial.number,
                                           {.metric = history_.objective().metrics[0].name},
                                           [&](const MetricPoint& point) {
                                             Add(trial.number, point);
                                             return true;
                                           }));
  if (IsFinal(trial.condition)) End(trial.number, trial.condition);
  return absl::OkStatus();
}

bool StopJudge::Add(int64_t number, const MetricPoint& point) {
  return IsReport(point, history_.objective().metrics[0].name) &&
         history_.Report(number, point.value);
}

std::optional<std::string> StopJudge::Judge(int64_t number, absl::Span<const MetricPoint> points) {
  std::optional<std::string> why;
  for (const MetricPoint& point : points) {
    if (!Add(number, point) || why.has_value()) continue;
    const StopDecision decision = stopper_->Judge(*history_.Find(number), history_);
    if (decision.stop) why = absl::StrCat(rule_, ": ", decision.why);
  }
  return why;
}

}  // namespace qalam
