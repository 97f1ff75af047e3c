#ifndef QALAM_SERVER_KUBERNETES_TRIAL_STATUS_H_
#define QALAM_SERVER_KUBERNETES_TRIAL_STATUS_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/json.h"
#include "server/kubernetes/api_session.h"

namespace qalam {

// What makes a Trial (kubeflow.org/v1beta1) one that was stopped early: a merge patch of its status
// that appends the condition and holds only for the version that was read. Null when it is one
// already. FailedPrecondition when it has ended otherwise; Internal when `trial` is none.
absl::StatusOr<Json> EarlyStoppedPatch(const Json& trial, absl::Time now);

// Katib's Trials in the namespace of the service account. Any thread may call it.
class KubernetesTrials {
 public:
  // `clock` must outlive the object.
  KubernetesTrials(KubernetesAccess access, const Clock* clock)
      : access_(std::move(access)), clock_(clock) {}

  // Marks a trial as stopped early; OK when it is already. Tries again after conflicts and what is
  // wrong with server or network, until `deadline`, as long as `wanted` says so.
  //
  // InvalidArgument for what cannot be a trial's name; NotFound; FailedPrecondition as
  // EarlyStoppedPatch and ApiSession; Unavailable or Aborted when the time was not enough.
  absl::Status MarkEarlyStopped(const std::string& trial, absl::Time deadline,
                                const std::function<bool()>& wanted) const;

 private:
  absl::Status Try(const std::string& path, absl::Time deadline, ApiSession* session) const;

  const KubernetesAccess access_;
  const Clock* const clock_;
};

}  // namespace qalam

#endif  // QALAM_SERVER_KUBERNETES_TRIAL_STATUS_H_
