#include "core/objective.h"

#include <cmath>

namespace qalam {

absl::string_view DirectionName(Direction direction) {
  return direction == Direction::kMinimize ? "minimize" : "maximize";
}

absl::string_view MetricStrategyName(MetricStrategy strategy) {
  switch (strategy) {
    case MetricStrategy::kMin:
      return "min";
    case MetricStrategy::kMax:
      return "max";
    case MetricStrategy::kLatest:
      break;
  }
  return "latest";
}

std::optional<Direction> ParseDirection(absl::string_view name) {
  for (const Direction direction : {Direction::kMinimize, Direction::kMaximize}) {
    if (name == DirectionName(direction)) return direction;
  }
  return std::nullopt;
}

std::optional<MetricStrategy> ParseMetricStrategy(absl::string_view name) {
  for (const MetricStrategy strategy :
       {MetricStrategy::kMin, MetricStrategy::kMax, MetricStrategy::kLatest}) {
    if (name == MetricStrategyName(strategy)) return strategy;
  }
  return std::nullopt;
}

bool Objective::Better(double a, double b) const {
  if (std::isnan(a)) return false;
  if (std::isnan(b)) return true;
  return direction == Direction::kMinimize ? a < b : a > b;
}

bool Objective::Reached(double value) const {
  return goal.has_value() && !std::isnan(value) && !Better(*goal, value);
}

}  // namespace qalam
