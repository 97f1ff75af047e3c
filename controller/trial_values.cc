#include "controller/trial_values.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/outcomes.h"
#include "core/parameter.h"
#include "trials/metrics/collector.h"

namespace qalam {
namespace {

// NaN when it was not reported.
double ValueOf(const std::vector<MetricSummary>& observation, const Objective& objective,
               const std::string& metric) {
  for (const MetricSpec& spec : objective.metrics) {
    if (spec.name != metric) continue;
    return ObservedNumber(observation, spec).value_or(std::numeric_limits<double>::quiet_NaN());
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TrialValues ValuesOf(const std::vector<MetricSummary>& observation, const Objective& objective) {
  TrialValues values;
  for (const FurtherObjective& further : objective.further) {
    values.further_objectives.push_back(ValueOf(observation, objective, further.metric));
  }
  for (const OutcomeConstraint& constraint : objective.constraints) {
    values.violations.push_back(
        constraint.Violation(ValueOf(observation, objective, constraint.metric)));
  }
  return values;
}

std::vector<double> LossesOf(double first, const TrialValues& values, const Objective& objective) {
  std::vector<double> losses = {LossOf(objective, 0, first)};
  for (const double value : values.further_objectives) {
    losses.push_back(LossOf(objective, static_cast<int>(losses.size()), value));
  }
  return losses;
}

std::string DescribeViolations(const std::vector<MetricSummary>& observation,
                               const Objective& objective) {
  std::string text;
  for (const OutcomeConstraint& constraint : objective.constraints) {
    const double value = ValueOf(observation, objective, constraint.metric);
    const double violation = constraint.Violation(value);
    if (violation <= 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", constraint.metric);
    if (std::isnan(violation)) {
      absl::StrAppend(&text, " was not reported as a number, bound ", BoundText(constraint));
    } else {
      absl::StrAppend(&text, " is ", FormatNumber(value), ", beyond ", BoundText(constraint));
    }
  }
  return text;
}

}  // namespace qalam
