#include "controller/trial_end.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/trial_values.h"
#include "core/parameter.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

std::string LatestOf(const JobFinished& event, const std::string& metric) {
  for (const MetricSummary& summary : event.observation) {
    if (summary.name == metric) return summary.latest;
  }
  return "";
}

TrialEnding Unreported(const std::string& metric) {
  return {TrialCondition::kMetricsUnavailable, "MetricsUnavailable",
          absl::StrCat("the trial ended without reporting its objective metric \"", metric, "\"")};
}

TrialEnding NotFinite(const std::string& metric, const std::string& value) {
  return {TrialCondition::kMetricsUnavailable, "ObjectiveNotFinite",
          absl::StrCat("the objective metric \"", metric, "\" came out as ", value,
                       ", which cannot be compared")};
}

// Judges a job that ended by itself: what its metrics say when it succeeded.
TrialEnding JudgeMetrics(const JobFinished& event, const Objective& objective) {
  const std::string& metric = objective.metrics[0].name;
  if (!event.objective.has_value()) return Unreported(metric);
  const std::string latest = LatestOf(event, metric);
  // A text objective (a genotype) has no value to compare, but alone it is a result.
  const bool is_text =
      objective.count() == 1 && !latest.empty() && !ParseNumber(latest).has_value();
  if (!std::isfinite(*event.objective) && !is_text) {
    return NotFinite(metric, FormatNumber(*event.objective));
  }
  const TrialValues values = ValuesOf(event.observation, objective);
  for (size_t i = 0; i < values.further_objectives.size(); ++i) {
    const std::string& further = objective.further[i].metric;
    if (std::isfinite(values.further_objectives[i])) continue;
    const std::string text = LatestOf(event, further);
    if (text.empty()) return Unreported(further);
    return NotFinite(further, std::isnan(values.further_objectives[i])
                                  ? text
                                  : FormatNumber(values.further_objectives[i]));
  }
  return {TrialCondition::kSucceeded, "TrialSucceeded", event.judgement.message};
}

}  // namespace

std::string AtRungText(const std::map<std::string, std::string>& labels,
                       const std::string& metric) {
  const int64_t planned = *PlannedReports(labels);
  const int64_t before = planned - *ReportsToMake(labels);
  return absl::StrCat(
      planned, planned == 1 ? " report" : " reports", " of ", metric,
      planned == 1 ? " was wanted" : " were wanted", ", and made",
      before > 0 ? absl::StrCat(", the first ", before, " by what it goes on from") : "");
}

TrialEnding JudgeRung(const TrialState& trial, const JobFinished& event,
                      const Objective& objective) {
  TrialEnding ending = JudgeMetrics(event, objective);
  if (ending.condition != TrialCondition::kSucceeded) return ending;
  ending.reason = kRungReachedReason;
  ending.message = absl::StrCat("Trial was stopped at its rung: ", trial.early_stop);
  return ending;
}

TrialEnding EndingOf(const TrialState& trial, const TrialEnding& otherwise) {
  // At its rung a trial has a result, which who asks here does not know.
  if (trial.early_stop.empty() || trial.at_rung) return otherwise;
  // Katib's reason and message, and after them what it does not tell.
  return {TrialCondition::kEarlyStopped, "TrialEarlyStopped",
          absl::StrCat("Trial is early stopped: ", trial.early_stop)};
}

bool HasResult(TrialCondition condition, const JobFinished& event, const Objective& objective) {
  if (!event.objective.has_value() || !std::isfinite(*event.objective)) return false;
  if (condition != TrialCondition::kEarlyStopped) return condition == TrialCondition::kSucceeded;
  const std::vector<double> further = ValuesOf(event.observation, objective).further_objectives;
  return std::all_of(further.begin(), further.end(),
                     [](double value) { return std::isfinite(value); });
}

TrialEnding JudgeTrialEnd(const JobFinished& event, const Objective& objective) {
  switch (event.judgement.verdict) {
    case Verdict::kSucceeded:
      return JudgeMetrics(event, objective);
    case Verdict::kFailed: {
      // A failure condition of the user's own may match a job whose processes all ended well.
      const bool job_failed = event.outcome.end != JobEnd::kSucceeded;
      return {TrialCondition::kFailed,
              job_failed ? JobEndName(event.outcome.end) : "FailureConditionMet",
              job_failed ? event.outcome.message : event.judgement.message};
    }
    case Verdict::kRunning:
      break;
  }
  if (event.outcome.end != JobEnd::kSucceeded) {
    return {TrialCondition::kFailed, JobEndName(event.outcome.end), event.outcome.message};
  }
  return {
      TrialCondition::kFailed, "ConditionNotMet",
      "the job ended but met neither trialTemplate.successCondition nor failureCondition; check "
      "both against the job's status"};
}

}  // namespace qalam
