#ifndef QALAM_CORE_OBJECTIVE_H_
#define QALAM_CORE_OBJECTIVE_H_

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

// What an experiment optimises.
struct Objective {
  Direction direction = Direction::kMinimize;
  // The experiment succeeds as soon as a trial is at least this good.
  std::optional<double> goal;
  // metrics[0] is optimised; the others are recorded.
  std::vector<MetricSpec> metrics;

  // True when `a` is strictly better than `b`; NaN is worse than everything.
  bool Better(double a, double b) const;
  // True when a goal is set and `value` is at least as good.
  bool Reached(double value) const;
};

}  // namespace qalam

#endif  // QALAM_CORE_OBJECTIVE_H_
