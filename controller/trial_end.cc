#include "controller/trial_end.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"

namespace qalam {
namespace {

std::string LatestOf(const JobFinished& event, const Objective& objective) {
  for (const MetricSummary& summary : event.observation) {
    if (!objective.metrics.empty() && summary.name == objective.metrics[0].name) {
      return summary.latest;
    }
  }
  return "";
}

// Judges a job that ended by itself: what its metrics say when it succeeded.
TrialEnding JudgeMetrics(const JobFinished& event, const Objective& objective) {
  const std::string& metric = objective.metrics[0].name;
  if (!event.objective.has_value()) {
    return {
        TrialCondition::kMetricsUnavailable, "MetricsUnavailable",
        absl::StrCat("the trial ended without reporting its objective metric \"", metric, "\"")};
  }
  const std::string latest = LatestOf(event, objective);
  // A text objective (a genotype) has no value to compare, but it is a result.
  const bool is_text = !latest.empty() && !ParseNumber(latest).has_value();
  if (!std::isfinite(*event.objective) && !is_text) {
    return {TrialCondition::kMetricsUnavailable, "ObjectiveNotFinite",
            absl::StrCat("the objective metric \"", metric, "\" came out as ",
                         FormatNumber(*event.objective), ", which cannot be compared")};
  }
  return {TrialCondition::kSucceeded, "TrialSucceeded", event.judgement.message};
}

}  // namespace

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
