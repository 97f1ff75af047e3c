#ifndef QALAM_CORE_TRIAL_H_
#define QALAM_CORE_TRIAL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/search_space.h"

namespace qalam {

// The conditions of a trial. kCreated and kRunning are active; all others are final and absorb.
enum class TrialCondition {
  kCreated,
  kRunning,
  kSucceeded,
  kKilled,
  kFailed,
  kMetricsUnavailable,
  kEarlyStopped,
};

// Katib's spelling: "Created", "Running", "Succeeded", ...
absl::string_view TrialConditionName(TrialCondition condition);
std::optional<TrialCondition> ParseTrialCondition(absl::string_view name);
bool IsFinal(TrialCondition condition);

// One reported value of a metric.
struct MetricPoint {
  std::string metric;
  // As logged: a number, or any text (a genotype). Empty never occurs.
  std::string text;
  // `text` as a number; NaN when it is "nan" or not a number.
  double value = 0;
  // When it was reported: the line's own timestamp where it has one, else when it was seen.
  absl::Time time;
  // How many points of this metric came before it in this trial.
  int64_t step = 0;
  friend bool operator==(const MetricPoint&, const MetricPoint&) = default;
};

// What a metric's series amounts to; texts as logged, empty when there was none.
struct MetricSummary {
  std::string name;
  std::string min;
  std::string max;
  std::string latest;
  friend bool operator==(const MetricSummary&, const MetricSummary&) = default;
};

// Everything algorithms may know of a trial.
struct TrialRecord {
  int64_t number = 0;
  Assignment assignment;
  TrialCondition condition = TrialCondition::kCreated;
  // What the algorithm itself wrote when it proposed the trial (bracket, rung, parent, ...).
  std::map<std::string, std::string> labels;
  // The objective by its strategy; absent while unknown, may be NaN or infinite.
  std::optional<double> objective;
  // The values of Objective::further, in its order, each NaN where it was not reported. Empty while
  // unknown, and where there are none.
  std::vector<double> further_objectives;
  // OutcomeConstraint::Violation of each of Objective::constraints, in order, NaN where its metric
  // was not reported. Empty while unknown, and where there are none.
  std::vector<double> violations;
  friend bool operator==(const TrialRecord&, const TrialRecord&) = default;
};

}  // namespace qalam

#endif  // QALAM_CORE_TRIAL_H_
