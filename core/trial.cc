#include "core/trial.h"

namespace qalam {
namespace {

constexpr TrialCondition kConditions[] = {
    TrialCondition::kCreated,      TrialCondition::kRunning, TrialCondition::kSucceeded,
    TrialCondition::kKilled,       TrialCondition::kFailed,  TrialCondition::kMetricsUnavailable,
    TrialCondition::kEarlyStopped,
};

}  // namespace

absl::string_view TrialConditionName(TrialCondition condition) {
  switch (condition) {
    case TrialCondition::kCreated:
      return "Created";
    case TrialCondition::kRunning:
      return "Running";
    case TrialCondition::kSucceeded:
      return "Succeeded";
    case TrialCondition::kKilled:
      return "Killed";
    case TrialCondition::kFailed:
      return "Failed";
    case TrialCondition::kMetricsUnavailable:
      return "MetricsUnavailable";
    case TrialCondition::kEarlyStopped:
      break;
  }
  return "EarlyStopped";
}

std::optional<TrialCondition> ParseTrialCondition(absl::string_view name) {
  for (const TrialCondition condition : kConditions) {
    if (name == TrialConditionName(condition)) return condition;
  }
  return std::nullopt;
}

bool IsFinal(TrialCondition condition) {
  return condition != TrialCondition::kCreated && condition != TrialCondition::kRunning;
}

}  // namespace qalam
