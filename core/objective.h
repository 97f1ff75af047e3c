#ifndef QALAM_CORE_OBJECTIVE_H_
#define QALAM_CORE_OBJECTIVE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace qalam {

enum class Direction { kMinimize, kMaximize };

// Which value of a metric's time series counts.
enum class MetricStrategy { kMin, kMax, kLatest };

absl::string_view DirectionName(Direction direction);           // "minimize", "maximize"
absl::string_view MetricStrategyName(MetricStrategy strategy);  // "min", "max", "latest"
std::optional<Direction> ParseDirection(absl::string_view name);
std::optional<MetricStrategy> ParseMetricStrategy(absl::string_view name);

// A metric that trials report, and which of its values counts.
struct MetricSpec {
  std::string name;
  MetricStrategy strategy = MetricStrategy::kMin;
  friend bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

// One more metric to optimise beside the first (spec.objectives).
struct FurtherObjective {
  std::string metric;
  Direction direction = Direction::kMinimize;
  friend bool operator==(const FurtherObjective&, const FurtherObjective&) = default;
};

// A bound that a metric of a trial must keep to (spec.constraints).
struct OutcomeConstraint {
  std::string metric;
  // The metric may be at most `bound`, else at least.
  bool at_most = true;
  double bound = 0;

  // How far `value` is beyond the bound: at most 0 where it keeps to it; NaN for NaN.
  double Violation(double value) const { return at_most ? value - bound : bound - value; }
  friend bool operator==(const OutcomeConstraint&, const OutcomeConstraint&) = default;
};

// What an experiment optimises.
struct Objective {
  Direction direction = Direction::kMinimize;
  // The experiment succeeds as soon as a trial is at least this good.
  std::optional<double> goal;
  // metrics[0] is optimised, as `direction` says; the others are recorded. Those that `further` and
  // `constraints` name are among them.
  std::vector<MetricSpec> metrics;
  // Metrics optimised at the same time: then the result is a Pareto front.
  std::vector<FurtherObjective> further;
  // A trial that violates one is worse than any that keeps to all.
  std::vector<OutcomeConstraint> constraints;

  // How many metrics are optimised.
  int count() const { return 1 + static_cast<int>(further.size()); }
  // Of the i-th metric that is optimised, 0 <= i < count().
  Direction direction_of(int i) const {
    return i == 0 ? direction : further[static_cast<size_t>(i) - 1].direction;
  }

  // True when `a` is strictly better than `b`; NaN is worse than everything.
  bool Better(double a, double b) const;
  // True when a goal is set and `value` is at least as good.
  bool Reached(double value) const;
};

}  // namespace qalam

#endif  // QALAM_CORE_OBJECTIVE_H_
