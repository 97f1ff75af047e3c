#include "server/early_stopping/trial_stops.h"

#include "absl/strings/str_cat.h"

namespace qalam {

absl::Status TrialStops::Stop(const std::string& trial, absl::Time deadline,
                              const std::function<bool()>& wanted) const {
  if (trial.empty()) return absl::InvalidArgumentError("trial_name is empty; name the trial");
  if (ask_tell_ != nullptr) {
    const absl::Status stopped = ask_tell_->Stop(trial);
    if (!absl::IsNotFound(stopped)) return stopped;
  }
  if (kubernetes_ != nullptr) return kubernetes_->MarkEarlyStopped(trial, deadline, wanted);
  return absl::FailedPreconditionError(absl::StrCat(
      "trial ", trial, " is none that clients of this server run, and its Trial in a cluster ",
      "cannot be marked, as this server does not run in one: KUBERNETES_SERVICE_HOST is not set; ",
      "run it in the cluster, with a service account that may patch trials/status"));
}

}  // namespace qalam
