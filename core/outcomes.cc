#include "core/outcomes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"

namespace qalam {

const MetricSpec& OptimisedMetric(const Objective& objective, int i) {
  if (i == 0) return objective.metrics[0];
  const std::string& name = objective.further[static_cast<size_t>(i) - 1].metric;
  const auto found = std::find_if(objective.metrics.begin(), objective.metrics.end(),
                                  [&](const MetricSpec& metric) { return metric.name == name; });
  return found == objective.metrics.end() ? objective.metrics[0] : *found;
}

double LossOf(const Objective& objective, int i, double value) {
  return objective.direction_of(i) == Direction::kMinimize ? value : -value;
}

bool ReachesGoals(const Objective& objective, const FurtherGoals& further,
                  absl::Span<const double> losses) {
  bool any = false;
  for (int i = 0; i < objective.count(); ++i) {
    const size_t at = static_cast<size_t>(i);
    std::optional<double> goal;
    if (i == 0) {
      goal = objective.goal;
    } else if (at <= further.size()) {
      goal = further[at - 1];
    }
    if (!goal.has_value()) continue;
    if (!(losses[at] <= LossOf(objective, i, *goal))) return false;  // NaN reaches none
    any = true;
  }
  return any;
}

double TotalViolation(absl::Span<const double> violations) {
  double sum = 0;
  for (const double violation : violations) {
    if (std::isnan(violation)) return std::numeric_limits<double>::infinity();
    sum += std::max(0.0, violation);
  }
  return sum;
}

std::string BoundText(const OutcomeConstraint& constraint) {
  return absl::StrCat(constraint.metric,
                      constraint.at_most ? " <= " : " >= ", FormatNumber(constraint.bound));
}

}  // namespace qalam
