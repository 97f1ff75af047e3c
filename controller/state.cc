#include "controller/state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/outcomes.h"
#include "core/parameter.h"

namespace qalam {

std::string EarlyStopOf(const StoredTrial& trial) {
  return trial.reason == kStoppingEarlyReason || IsAtRung(trial) ? trial.message : "";
}

bool IsAtRung(const StoredTrial& trial) { return trial.reason == kRungReachedReason; }

std::string GoalReached(const ExperimentState& state) {
  const Objective& objective = state.objective;
  if (objective.count() == 1) {
    if (!state.best || !objective.Reached(state.best->value)) return "";
    return absl::StrCat("its goal ", FormatNumber(*objective.goal), " was reached with ",
                        FormatNumber(state.best->value));
  }
  // What dominates a trial at the goals is at the goals, so the front is enough.
  for (const ParetoArchive::Member& member : state.front.members()) {
    if (!ReachesGoals(objective, state.further_goals, member.losses)) continue;
    std::string text = "one trial reached the goals:";
    for (int i = 0; i < objective.count(); ++i) {
      const double value = LossOf(objective, i, member.losses[static_cast<size_t>(i)]);
      absl::StrAppend(&text, i == 0 ? " " : ", ", OptimisedMetric(objective, i).name, " ",
                      FormatNumber(value));
    }
    return text;
  }
  return "";
}

void UpdateBest(ExperimentState& state, int64_t number, double value) {
  const bool better = !state.best || state.objective.Better(value, state.best->value) ||
                      (value == state.best->value && number < state.best->number);
  if (!better) return;
  state.best = ExperimentState::Best{number, value};
  state.completed_at_improvement = CompletedTrials(state.counts);
}

void UpdateNearest(ExperimentState& state, int64_t number, double violation) {
  const bool nearer = !state.nearest || violation < state.nearest->violation ||
                      (violation == state.nearest->violation && number < state.nearest->number);
  if (nearer) state.nearest = ExperimentState::Nearest{number, violation};
}

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
  ConditionRecord current{.type = type,
                          .reason = reason,
                          .message = message,
                          .last_update = now,
                          .last_transition = now};
  const auto old = std::find_if(record.conditions.begin(), record.conditions.end(),
                                [&](const ConditionRecord& c) { return c.type == type; });
  if (old != record.conditions.end()) {
    if (old->status) current.last_transition = old->last_transition;
    record.conditions.erase(old);
  }
  record.conditions.push_back(std::move(current));  // the newest is last, as in Katib
  record.condition = type;
}

bool IsFinished(const ExperimentRecord& record) {
  return record.condition == "Succeeded" || record.condition == "Failed" ||
         record.condition == "Suspended";
}

}  // namespace qalam
