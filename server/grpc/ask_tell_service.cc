#include "server/grpc/ask_tell_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/spec/load.h"
#include "controller/state.h"
#include "core/status_macros.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"

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

absl::Status CheckAsk(const v1::AskRequest& request) {
  if (request.client_id().size() > kMaxClientId) {
    return absl::InvalidArgumentError(
        absl::StrCat("client_id: may have at most ", kMaxClientId, " bytes"));
  }
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

class AskTellService final : public v1::AskTell::Service {
 public:
  AskTellService(AskTellEngine* engine, const Store* store, const Clock* clock, CallGuard* guard)
      : engine_(engine), store_(store), clock_(clock), guard_(guard) {}

  grpc::Status CreateExperiment(grpc::ServerContext*, const v1::CreateExperimentRequest* request,
                                v1::CreateExperimentReply* reply) override {
    return Run("CreateExperiment", "", [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Created created,
                             engine_->Create(request->manifest()));
      reply->mutable_experiment()->set_namespace_(created.experiment.ns);
      reply->mutable_experiment()->set_name(created.experiment.name);
      reply->set_existed(created.existed);
      for (const std::string& warning : created.warnings) reply->add_warnings(warning);
      return absl::OkStatus();
    });
  }

  grpc::Status GetExperiment(grpc::ServerContext*, const v1::GetExperimentRequest* request,
                             v1::GetExperimentReply* reply) override {
    return Run("GetExperiment", request->experiment().name(),
               [&] { return Get(NameOf(request->experiment()), reply); });
  }

  grpc::Status Ask(grpc::ServerContext* context, const v1::AskRequest* request,
                   v1::AskReply* reply) override {
    return Run("Ask", request->experiment().name(), [&]() -> absl::Status {
      QALAM_RETURN_IF_ERROR(CheckAsk(*request));
      const absl::Duration lease = request->lease_seconds() == 0
                                       ? ClientExperiment::kDefaultLease
                                       : absl::Seconds(request->lease_seconds());
      const absl::Duration left =
          absl::FromChrono(context->deadline()) - clock_->Now() - absl::Milliseconds(50);
      const absl::Duration wait =
          std::clamp(absl::Seconds(request->wait_seconds()), absl::ZeroDuration(),
                     std::max(left, absl::ZeroDuration()));
      QALAM_ASSIGN_OR_RETURN(
          const AskTellEngine::Asked asked,
          engine_->Ask(NameOf(request->experiment()), request->client_id(), lease, wait,
                       [context] { return !context->IsCancelled(); }));
      if (asked.trial.has_value()) WriteTrial(*asked.trial, reply->mutable_trial());
      reply->set_experiment_ended(asked.ended);
      return absl::OkStatus();
    });
  }

  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest* request,
                      v1::ReportReply* reply) override {
    return Run("Report", request->experiment().name(), [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const ToldMetrics metrics, MetricsOf(*request));
      QALAM_ASSIGN_OR_RETURN(
          const AskTellEngine::Told told,
          engine_->Report(NameOf(request->experiment()), ClaimOf(*request), metrics));
      reply->set_stop(told.why_not.has_value());
      reply->set_reason(told.why_not.value_or(""));
      return absl::OkStatus();
    });
  }

  grpc::Status Tell(grpc::ServerContext*, const v1::TellRequest* request,
                    v1::TellReply* reply) override {
    return Run("Tell", request->experiment().name(), [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const ToldMetrics metrics, MetricsOf(*request));
      QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Told told,
                             engine_->Tell(NameOf(request->experiment()), ClaimOf(*request),
                                           metrics, request->failed(), request->message()));
      reply->set_accepted(!told.why_not.has_value());
      reply->set_reason(told.why_not.value_or(""));
      reply->set_experiment_ended(told.ended);
      return absl::OkStatus();
    });
  }

  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::TrialEvent>* writer) override {
    return Run("Watch", request->experiment().name(), [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const std::shared_ptr<TrialWatch> watch,
                             engine_->Watch(NameOf(request->experiment())));
      // Whoever reads the stream's beginning knows that nothing from then on is missed.
      writer->SendInitialMetadata();
      while (!context->IsCancelled()) {
        QALAM_ASSIGN_OR_RETURN(const TrialWatch::Next next, watch->Take(kWatchLook));
        if (next.ended) return absl::OkStatus();
        if (next.change.has_value() && !Write(*next.change, writer)) break;
      }
      watch->End(absl::OkStatus());
      return absl::CancelledError("the watcher has gone");
    });
  }

 private:
  static bool Write(const WatchedChange& change, grpc::ServerWriter<v1::TrialEvent>* writer) {
    v1::TrialEvent event;
    event.set_number(change.number);
    event.set_condition(change.condition);
    event.set_message(change.message);
    event.set_has_objective(change.objective.has_value());
    event.set_objective(change.objective.value_or(0));
    return writer->Write(event);
  }

  absl::Status Get(const ExperimentName& name, v1::GetExperimentReply* reply) const {
    QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                           store_->GetExperiment(name.ns, name.name));
    QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec,
                           RestoreExperiment(record.manifest, record.companions));
    QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, store_->CountTrials(record.id));
    const bool maximize = spec.objective.direction == Direction::kMaximize;
    QALAM_ASSIGN_OR_RETURN(const std::optional<StoredTrial> best,
                           store_->BestTrial(record.id, maximize));
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

  grpc::Status Run(absl::string_view method, const std::string& experiment,
                   const std::function<absl::Status()>& call) {
    return guard_->RunWaiting(absl::StrCat("/qalam.v1.AskTell/", method), [&](Json* fields) {
      if (!experiment.empty()) (*fields)["experiment"] = experiment;
      return call();
    });
  }

  AskTellEngine* const engine_;
  const Store* const store_;
  const Clock* const clock_;
  CallGuard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAskTellService(AskTellEngine* engine, const Store* store,
                                                  const Clock* clock, CallGuard* guard) {
  return std::make_unique<AskTellService>(engine, store, clock, guard);
}

}  // namespace qalam
