#ifndef QALAM_CONTROLLER_TRIAL_END_H_
#define QALAM_CONTROLLER_TRIAL_END_H_

#include <map>
#include <string>

#include "controller/reconcile.h"
#include "core/objective.h"
#include "core/trial.h"

namespace qalam {

// How a trial comes to its end.
struct TrialEnding {
  TrialCondition condition = TrialCondition::kFailed;
  std::string reason;
  std::string message;
};

// What a job that ended by itself makes of its trial: by the verdict on its status, and for one
// that succeeded by the metrics it reported. `objective.metrics` is not empty.
TrialEnding JudgeTrialEnd(const JobFinished& event, const Objective& objective);

// The same of a trial that was told to stop at its rung: what its metrics say, however its job
// ended.
TrialEnding JudgeRung(const TrialState& trial, const JobFinished& event,
                      const Objective& objective);

// Why a trial with these labels is to stop when it has made all the reports of `metric` that it was
// to make. Requires ReportsToMake(labels).
std::string AtRungText(const std::map<std::string, std::string>& labels, const std::string& metric);

// How a trial ends that does not come to an end by itself: as EarlyStopped when a stopping rule has
// given it up, else as `otherwise` says.
TrialEnding EndingOf(const TrialState& trial, const TrialEnding& otherwise);

// Whether a trial that ends like that has a result that can be compared: it succeeded, or reported
// all that is optimised before it was stopped, and that is finite.
bool HasResult(TrialCondition condition, const JobFinished& event, const Objective& objective);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_TRIAL_END_H_
