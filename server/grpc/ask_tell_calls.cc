#include "server/grpc/ask_tell_calls.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/spec/load.h"
#include "controller/state.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr int kMaxWaitSeconds = 3600;
constexpr int kMaxLeaseSeconds = 30 * 24 * 3600;
constexpr size_t kMaxClientId = 200;
constexpr absl::Duration kWatchLook = absl::Milliseconds(200);

ExperimentName NameOf(const v1::ExperimentName& name) {
  return {.ns = name.namespace_().empty() ? "default" : name.namespace_(), .name = name.name()};
}

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

v1::TrialEvent EventOf(const WatchedChange& change) {
  v1::TrialEvent event;
  event.set_number(change.number);
  event.set_condition(change.condition);
  event.set_message(change.message);
  event.set_has_objective(change.objective.has_value());
  event.set_objective(change.objective.value_or(0));
  return event;
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

absl::Status AnswerCreateExperiment(AskTellEngine* engine,
                                    const v1::CreateExperimentRequest& request,
                                    v1::CreateExperimentReply* reply) {
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Created created, engine->Create(request.manifest()));
  reply->mutable_experiment()->set_namespace_(created.experiment.ns);
  reply->mutable_experiment()->set_name(created.experiment.name);
  reply->set_existed(created.existed);
  for (const std::string& warning : created.warnings) reply->add_warnings(warning);
  return absl::OkStatus();
}

absl::Status AnswerGetExperiment(const Store& store, const v1::GetExperimentRequest& request,
                                 v1::GetExperimentReply* reply) {
  const ExperimentName name = NameOf(request.experiment());
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record, store.GetExperiment(name.ns, name.name));
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec,
                         RestoreExperiment(record.manifest, record.companions));
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, store.CountTrials(record.id));
  const bool maximize = spec.objective.direction == Direction::kMaximize;
  QALAM_ASSIGN_OR_RETURN(const std::optional<StoredTrial> best,
                         store.BestTrial(record.id, maximize));
  reply->set_condition(record.condition);
  if (!record.conditions.empty()) reply->set_message(record.conditions.back().message);
  reply->set_trials(CompletedTrials(counts) + counts.created + counts.running);
  reply->set_trials_succeeded(counts.succeeded);
  reply->set_trials_active(counts.created + counts.running);
  if (!best.has_value()) return absl::OkStatus();
  WriteTrial({best->name, best->number, best->attempt, best->assignment, best->explanation},
             reply->mutable_best());
  reply->set_best_objective(best->objective.value_or(0));
  return absl::OkStatus();
}

absl::Status AnswerAsk(AskTellEngine* engine, const v1::AskRequest& request, absl::Duration left,
                       const std::function<bool()>& wanted, v1::AskReply* reply) {
  QALAM_RETURN_IF_ERROR(CheckAsk(request));
  const absl::Duration lease = request.lease_seconds() == 0
                                   ? ClientExperiment::kDefaultLease
                                   : absl::Seconds(request.lease_seconds());
  const absl::Duration wait =
      std::clamp(absl::Seconds(request.wait_seconds()), absl::ZeroDuration(),
                 std::max(left, absl::ZeroDuration()));
  QALAM_ASSIGN_OR_RETURN(
      const AskTellEngine::Asked asked,
      engine->Ask(NameOf(request.experiment()), request.client_id(), lease, wait, wanted));
  if (asked.trial.has_value()) WriteTrial(*asked.trial, reply->mutable_trial());
  reply->set_experiment_ended(asked.ended);
  return absl::OkStatus();
}

absl::Status AnswerReport(AskTellEngine* engine, const v1::ReportRequest& request,
                          v1::ReportReply* reply) {
  QALAM_ASSIGN_OR_RETURN(const ToldMetrics metrics, MetricsOf(request));
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Told told,
                         engine->Report(NameOf(request.experiment()), ClaimOf(request), metrics));
  reply->set_stop(told.why_not.has_value());
  reply->set_reason(told.why_not.value_or(""));
  return absl::OkStatus();
}

absl::Status AnswerTell(AskTellEngine* engine, const v1::TellRequest& request,
                        v1::TellReply* reply) {
  if (request.ask()) QALAM_RETURN_IF_ERROR(CheckClient(request.client_id()));
  QALAM_ASSIGN_OR_RETURN(const ToldMetrics metrics, MetricsOf(request));
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Told told,
                         engine->Tell(NameOf(request.experiment()), ClaimOf(request), metrics,
                                      request.failed(), request.message(), request.ask()));
  reply->set_accepted(!told.why_not.has_value());
  reply->set_reason(told.why_not.value_or(""));
  reply->set_experiment_ended(told.ended);
  if (told.next.has_value()) WriteTrial(*told.next, reply->mutable_next());
  return absl::OkStatus();
}

absl::Status AnswerWatch(AskTellEngine* engine, const v1::WatchRequest& request,
                         const std::function<bool()>& wanted, const std::function<void()>& begun,
                         const std::function<bool(const v1::TrialEvent&)>& write) {
  QALAM_ASSIGN_OR_RETURN(const std::shared_ptr<TrialWatch> watch,
                         engine->Watch(NameOf(request.experiment())));
  begun();
  while (wanted()) {
    QALAM_ASSIGN_OR_RETURN(const TrialWatch::Next next, watch->Take(kWatchLook));
    if (next.ended) return absl::OkStatus();
    if (next.change.has_value() && !write(EventOf(*next.change))) break;
  }
  watch->End(absl::OkStatus());
  return absl::CancelledError("the watcher has gone");
}

}  // namespace qalam
