// spec.initialTrials.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"
#include "core/given_values.h"

namespace qalam {
namespace {

// What a known result must say: a name, and what the metric is there for.
std::vector<std::pair<std::string, std::string>> NeededMetrics(const Objective& objective) {
  std::vector<std::pair<std::string, std::string>> needed;
  if (!objective.metrics.empty()) needed.emplace_back(objective.metrics[0].name, "objective");
  for (const FurtherObjective& further : objective.further) {
    needed.emplace_back(further.metric, "objective");
  }
  for (const OutcomeConstraint& constraint : objective.constraints) {
    const bool listed = std::any_of(needed.begin(), needed.end(), [&](const auto& entry) {
      return entry.first == constraint.metric;
    });
    if (!listed) needed.emplace_back(constraint.metric, "constraint");
  }
  return needed;
}

void ReadMetrics(const SpecField& metrics, const Objective& objective, InitialTrial* trial) {
  std::vector<std::string> names;
  for (const MetricSpec& metric : objective.metrics) names.push_back(metric.name);
  for (const auto& [name, text] : metrics.TextEntries()) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known) {
      metrics.At(name).Warn(absl::StrCat(Quote(name),
                                         " is not among the metrics of spec.objective and is "
                                         "ignored.",
                                         DidYouMean(name, names)));
    } else if (!text.empty()) {
      trial->observation.push_back({name, text, text, text});
    }
  }
  for (const auto& [name, role] : NeededMetrics(objective)) {
    const SpecField metric = metrics.At(name);
    if (!metric.present()) {
      metrics.Error(absl::StrCat("has no value of the ", role, " metric ", Quote(name),
                                 "; give it, or leave metrics out to have the trial run"));
      continue;
    }
    const std::optional<double> value = ParseNumber(metric.Text());
    if (!value.has_value() || !std::isfinite(*value)) {
      metric.Error(absl::StrCat(Quote(metric.Text()), " is not a finite number"));
    } else if (name == names[0]) {
      trial->objective = value;
    }
  }
}

InitialTrial ReadInitialTrial(const SpecField& item, const ExperimentSpec& experiment) {
  InitialTrial trial;
  const SearchSpace& space = *experiment.space;
  const SpecField assignments = item.At("assignments");
  const SpecField metrics = item.At("metrics");
  if (metrics.present()) ReadMetrics(metrics, experiment.objective, &trial);
  const absl::StatusOr<Assignment> assignment =
      space.Parse(WithDefaults(assignments.TextEntries(), space));
  if (!assignment.ok()) {
    assignments.Error(assignment.status().message());
    return trial;
  }
  trial.values = space.Format(*assignment);
  const std::string problem = WhyNoPoint(space, *assignment);
  if (problem.empty()) return trial;
  if (metrics.present()) {
    assignments.Warn(absl::StrCat(problem, "; the result is used all the same"));
  } else {
    assignments.Error(problem);
  }
  return trial;
}

}  // namespace

std::vector<InitialTrial> ReadInitialTrials(const SpecField& spec,
                                            const ExperimentSpec& experiment) {
  std::vector<InitialTrial> trials;
  if (experiment.space == nullptr) return trials;
  const SpecField list = spec.At("initialTrials");
  for (const SpecField& item : list.Items()) {
    if (item.node()->kind == YamlNode::Kind::kMap) {
      trials.push_back(ReadInitialTrial(item, experiment));
    }
  }
  const std::optional<int64_t> max = experiment.budget.max_trial_count;
  if (max.has_value() && static_cast<int64_t>(trials.size()) > *max) {
    list.Error(absl::StrCat("has ", trials.size(), " trials, and spec.maxTrialCount is ", *max,
                            "; initial trials count as trials"));
  }
  std::stable_partition(trials.begin(), trials.end(),
                        [](const InitialTrial& trial) { return trial.known(); });
  return trials;
}

}  // namespace qalam
