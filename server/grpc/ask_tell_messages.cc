#include "server/grpc/ask_tell_messages.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/state.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr int kMaxWaitSeconds = 3600;
constexpr int kMaxLeaseSeconds = 30 * 24 * 3600;
constexpr size_t kMaxClientId = 200;

template <typename Request>
TrialClaim ClaimOf(const Request& request) {
  return {.client = request.client_id(), .trial = request.trial(), .attempt = request.attempt()};
}

// InvalidArgument for what cannot be a metric.
template <typename Request>
absl::StatusOr<ToldMetrics> MetricsOf(const Request& request) {
  ToldMetrics metrics;
  for (const v1::NamedValue& metric : request.metrics()) {
    if (metric.name().empty() || metric.value().empty() ||
        static_cast<int64_t>(metric.value().size()) > kMaxMetricValueBytes) {
      return absl::InvalidArgumentError(absl::StrCat("metrics[", metrics.size(),
                                                     "]: a metric has a name and a value of 1 to ",
                                                     kMaxMetricValueBytes, " bytes"));
    }
    metrics.emplace_back(metric.name(), metric.value());
  }
  return metrics;
}

// Of a client that asks for a trial.
absl::Status CheckClient(const std::string& client) {
  if (client.empty()) {
    return absl::InvalidArgumentError("client_id is empty; give each client a name of its own");
  }
  if (client.size() <= kMaxClientId) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("client_id: may have at most ", kMaxClientId, " bytes"));
}

absl::Status CheckAsk(const v1::AskRequest& request) {
  QALAM_RETURN_IF_ERROR(CheckClient(request.client_id()));
  if (request.wait_seconds() < 0 || request.wait_seconds() > kMaxWaitSeconds) {
    return absl::InvalidArgumentError(absl::StrCat("wait_seconds is ", request.wait_seconds(),
                                                   "; it must be 0 to ", kMaxWaitSeconds));
  }
  if (request.lease_seconds() < 0 || request.lease_seconds() > kMaxLeaseSeconds) {
    return absl::InvalidArgumentError(absl::StrCat("lease_seconds is ", request.lease_seconds(),
                                                   "; it must be 0 to ", kMaxLeaseSeconds));
  }
  return absl::OkStatus();
}

}  // namespace

ExperimentName NameOf(const v1::ExperimentName& name) {
  return {.ns = name.namespace_().empty() ? "default" : name.namespace_(), .name = name.name()};
}

void WriteTrial(const HandedTrial& trial, v1::Trial* message) {
  message->set_name(trial.name);
  message->set_number(trial.number);
  message->set_attempt(trial.attempt);
  message->set_explanation(trial.explanation);
  for (const auto& [name, value] : trial.parameters) {
    v1::NamedValue* parameter = message->add_parameters();
    parameter->set_name(name);
    parameter->set_value(value);
  }
}

absl::StatusOr<AskTellEngine::Asking> ReadAsk(const v1::AskRequest& request, absl::Duration left) {
  QALAM_RETURN_IF_ERROR(CheckAsk(request));
  return AskTellEngine::Asking{
      .experiment = NameOf(request.experiment()),
      .client = request.client_id(),
      .lease = request.lease_seconds() == 0 ? ClientExperiment::kDefaultLease
                                            : absl::Seconds(request.lease_seconds()),
      .wait = std::clamp(absl::Seconds(request.wait_seconds()), absl::ZeroDuration(),
                         std::max(left, absl::ZeroDuration()))};
}

void WriteAsked(const AskTellEngine::Asked& asked, v1::AskReply* reply) {
  if (asked.trial.has_value()) WriteTrial(*asked.trial, reply->mutable_trial());
  reply->set_experiment_ended(asked.ended);
}

absl::StatusOr<AskTellEngine::Telling> ReadReport(const v1::ReportRequest& request) {
  QALAM_ASSIGN_OR_RETURN(ToldMetrics metrics, MetricsOf(request));
  return AskTellEngine::Telling{.experiment = NameOf(request.experiment()),
                                .claim = ClaimOf(request),
                                .metrics = std::move(metrics)};
}

void WriteReported(const AskTellEngine::Told& told, v1::ReportReply* reply) {
  reply->set_stop(told.why_not.has_value());
  reply->set_reason(told.why_not.value_or(""));
}

absl::StatusOr<AskTellEngine::Telling> ReadTell(const v1::TellRequest& request) {
  if (request.ask()) QALAM_RETURN_IF_ERROR(CheckClient(request.client_id()));
  QALAM_ASSIGN_OR_RETURN(ToldMetrics metrics, MetricsOf(request));
  return AskTellEngine::Telling{.experiment = NameOf(request.experiment()),
                                .claim = ClaimOf(request),
                                .metrics = std::move(metrics),
                                .failed = request.failed(),
                                .message = request.message(),
                                .ask = request.ask()};
}

void WriteTold(const AskTellEngine::Told& told, v1::TellReply* reply) {
  reply->set_accepted(!told.why_not.has_value());
  reply->set_reason(told.why_not.value_or(""));
  reply->set_experiment_ended(told.ended);
}

}  // namespace qalam
