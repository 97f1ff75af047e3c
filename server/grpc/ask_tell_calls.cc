#include "server/grpc/ask_tell_calls.h"

#include <memory>

#include "controller/spec/load.h"
#include "controller/state.h"
#include "core/status_macros.h"
#include "server/grpc/ask_tell_messages.h"

namespace qalam {
namespace {

constexpr absl::Duration kWatchLook = absl::Milliseconds(200);

v1::TrialEvent EventOf(const WatchedChange& change) {
  v1::TrialEvent event;
  event.set_number(change.number);
  event.set_condition(change.condition);
  event.set_message(change.message);
  event.set_has_objective(change.objective.has_value());
  event.set_objective(change.objective.value_or(0));
  return event;
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
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Asking asking, ReadAsk(request, left));
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Asked asked, engine->Ask(asking, wanted));
  WriteAsked(asked, reply);
  return absl::OkStatus();
}

absl::Status AnswerReport(AskTellEngine* engine, const v1::ReportRequest& request,
                          v1::ReportReply* reply) {
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Telling report, ReadReport(request));
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Told told,
                         engine->Report(report.experiment, report.claim, report.metrics));
  WriteReported(told, reply);
  return absl::OkStatus();
}

absl::Status AnswerTell(AskTellEngine* engine, const v1::TellRequest& request,
                        v1::TellReply* reply) {
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Telling telling, ReadTell(request));
  QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Told told, engine->Tell(telling));
  WriteTold(told, reply);
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
