#include "server/kubernetes/trial_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/mutex.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr size_t kMaxObjectName = 253;
// How often one that waits looks whether anybody still wants the answer.
constexpr absl::Duration kPauseLook = absl::Milliseconds(50);

// Names of objects are subdomains (DNS-1123); nothing else may get into a path.
bool IsObjectName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxObjectName && absl::ascii_isalnum(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.';
         });
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool IsEnd(const std::string& type) {
  return type == "Succeeded" || type == "Failed" || type == "Killed" ||
         type == "MetricsUnavailable";
}

bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsUnavailable(status);
}

// False when nobody wants to wait any longer.
bool Pause(absl::Duration pause, const std::function<bool()>& wanted) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  for (; pause > absl::ZeroDuration(); pause -= kPauseLook) {
    if (wanted && !wanted()) return false;
    never.WaitWithTimeout(&mutex, std::min(pause, kPauseLook));
  }
  return true;
}

}  // namespace

absl::StatusOr<Json> EarlyStoppedPatch(const Json& trial, absl::Time now) {
  const auto metadata = trial.find("metadata");
  if (metadata == trial.end() || !metadata->is_object()) {
    return absl::InternalError("the API server answered a Trial without metadata");
  }
  Json conditions = Json::array();
  const auto status = trial.find("status");
  if (status != trial.end() && status->is_object()) {
    const auto found = status->find("conditions");
    if (found != status->end() && found->is_array()) conditions = *found;
  }
  for (const Json& condition : conditions) {
    if (!condition.is_object() || TextAt(condition, "status") != "True") continue;
    const std::string type = TextAt(condition, "type");
    if (type == "EarlyStopped") return Json();
    if (!IsEnd(type)) continue;
    return absl::FailedPreconditionError(absl::StrCat("trial ", TextAt(*metadata, "name"),
                                                      " has ended already: ", type, " (",
                                                      TextAt(condition, "reason"), ")"));
  }
  const std::string time = absl::FormatTime("%E4Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone());
  conditions.push_back({{"type", "EarlyStopped"},
                        {"status", "True"},
                        {"reason", "TrialEarlyStopped"},
                        {"message", "Trial is early stopped"},
                        {"lastUpdateTime", time},
                        {"lastTransitionTime", time}});
  // A list is patched as a whole. That it is still the one that was read is what the version says.
  return Json{{"metadata", {{"resourceVersion", TextAt(*metadata, "resourceVersion")}}},
              {"status", {{"conditions", std::move(conditions)}}}};
}

absl::Status KubernetesTrials::MarkEarlyStopped(const std::string& trial, absl::Time deadline,
                                                const std::function<bool()>& wanted) const {
  if (!IsObjectName(trial)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "trial_name is \"", trial.substr(0, kMaxObjectName),
        "\"; the name of a Trial has at most 253 lower-case letters, digits, '-' and '.'"));
  }
  QALAM_ASSIGN_OR_RETURN(const std::string ns, ReadServiceAccountFile(access_, "namespace"));
  if (!IsObjectName(ns)) {
    return absl::FailedPreconditionError(
        absl::StrCat(access_.service_account_dir, "/namespace does not hold a namespace"));
  }
  const std::string path =
      absl::StrCat("/apis/kubeflow.org/v1beta1/namespaces/", ns, "/trials/", trial);
  ApiSession session(access_);
  absl::Duration pause = access_.first_pause;
  for (int tries = 1;; ++tries) {
    const absl::Status status = Try(path, deadline, &session);
    if (!IsWorthAnotherTry(status)) return status;
    if (clock_->Now() + pause >= deadline) {
      return absl::Status(status.code(),
                          absl::StrCat(status.message(), "; given up after ", tries, " tries"));
    }
    if (!Pause(pause, wanted)) return absl::CancelledError("the client has gone");
    pause = std::min(pause * 2, access_.longest_pause);
  }
}

absl::Status KubernetesTrials::Try(const std::string& path, absl::Time deadline,
                                   ApiSession* session) const {
  QALAM_ASSIGN_OR_RETURN(const Json trial,
                         session->Send({.method = "GET", .path = path}, deadline - clock_->Now()));
  QALAM_ASSIGN_OR_RETURN(const Json patch, EarlyStoppedPatch(trial, clock_->Now()));
  if (patch.is_null()) return absl::OkStatus();
  return session
      ->Send({.method = "PATCH",
              .path = absl::StrCat(path, "/status"),
              .content_type = "application/merge-patch+json",
              .body = patch.dump(-1, ' ', false, Json::error_handler_t::replace)},
             deadline - clock_->Now())
      .status();
}

}  // namespace qalam
