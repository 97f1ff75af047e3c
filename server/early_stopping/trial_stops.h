#ifndef QALAM_SERVER_EARLY_STOPPING_TRIAL_STOPS_H_
#define QALAM_SERVER_EARLY_STOPPING_TRIAL_STOPS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "server/kubernetes/trial_status.h"

namespace qalam {

// Ends trials early whose processes somebody else has stopped already: in the store where this
// server drives the trial, else in the status of Katib's Trial. Any thread may call it.
class TrialStops {
 public:
  // Either may be null; both must outlive the object.
  TrialStops(AskTellEngine* ask_tell, const KubernetesTrials* kubernetes)
      : ask_tell_(ask_tell), kubernetes_(kubernetes) {}

  // OK as well when the trial was stopped early before. NotFound when there is no such trial;
  // FailedPrecondition when it has ended otherwise, or when there is no cluster to look for it in;
  // errors of KubernetesTrials. Tries until `deadline`, as long as `wanted` says so.
  absl::Status Stop(const std::string& trial, absl::Time deadline,
                    const std::function<bool()>& wanted) const;

 private:
  AskTellEngine* const ask_tell_;
  const KubernetesTrials* const kubernetes_;
};

}  // namespace qalam

#endif  // QALAM_SERVER_EARLY_STOPPING_TRIAL_STOPS_H_
