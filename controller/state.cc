#include "controller/state.h"

#include <algorithm>

namespace qalam {

int64_t CompletedTrials(const TrialCounts& counts) {
  return counts.succeeded + counts.killed + counts.failed + counts.metrics_unavailable +
         counts.early_stopped;
}

int64_t& CountOf(TrialCounts& counts, TrialCondition condition) {
  switch (condition) {
    case TrialCondition::kCreated:
      return counts.created;
    case TrialCondition::kRunning:
      return counts.running;
    case TrialCondition::kSucceeded:
      return counts.succeeded;
    case TrialCondition::kKilled:
      return counts.killed;
    case TrialCondition::kFailed:
      return counts.failed;
    case TrialCondition::kMetricsUnavailable:
      return counts.metrics_unavailable;
    case TrialCondition::kEarlyStopped:
      break;
  }
  return counts.early_stopped;
}

void SetCondition(ExperimentRecord& record, const std::string& type, const std::string& reason,
                  const std::string& message, absl::Time now) {
  for (ConditionRecord& other : record.conditions) {
    if (other.type == type || other.type == "Created" || !other.status) continue;
    other.status = false;
    other.last_update = now;
    other.last_transition = now;
  }
  auto entry = std::find_if(record.conditions.begin(), record.conditions.end(),
                            [&](const ConditionRecord& c) { return c.type == type; });
  if (entry == record.conditions.end()) {
    entry = record.conditions.insert(record.conditions.end(), ConditionRecord{.type = type});
    entry->status = false;
  }
  if (!entry->status) entry->last_transition = now;
  entry->status = true;
  entry->reason = reason;
  entry->message = message;
  entry->last_update = now;
  record.condition = type;
}

bool IsFinished(const ExperimentRecord& record) {
  return record.condition == "Succeeded" || record.condition == "Failed" ||
         record.condition == "Suspended";
}

}  // namespace qalam
