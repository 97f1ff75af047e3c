#include "server/grpc/ask_tell_service.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"
#include "server/grpc/ask_tell_calls.h"

namespace qalam {
namespace {

// Of a deadline, so that the answer comes before it.
constexpr absl::Duration kToAnswerAsk = absl::Milliseconds(50);

class AskTellService final : public WorkStreams::Service {
 public:
  AskTellService(AskTellEngine* engine, const Store* store, const Clock* clock, CallGuard* guard)
      : engine_(engine), store_(store), clock_(clock), guard_(guard) {}

  grpc::Status CreateExperiment(grpc::ServerContext*, const v1::CreateExperimentRequest* request,
                                v1::CreateExperimentReply* reply) override {
    return Run("CreateExperiment", "",
               [&] { return AnswerCreateExperiment(engine_, *request, reply); });
  }

  grpc::Status GetExperiment(grpc::ServerContext*, const v1::GetExperimentRequest* request,
                             v1::GetExperimentReply* reply) override {
    return Run("GetExperiment", request->experiment().name(),
               [&] { return AnswerGetExperiment(*store_, *request, reply); });
  }

  grpc::Status Ask(grpc::ServerContext* context, const v1::AskRequest* request,
                   v1::AskReply* reply) override {
    return Run("Ask", request->experiment().name(), [&] {
      const absl::Duration left =
          absl::FromChrono(context->deadline()) - clock_->Now() - kToAnswerAsk;
      return AnswerAsk(engine_, *request, left, Wanted(context), reply);
    });
  }

  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest* request,
                      v1::ReportReply* reply) override {
    return Run("Report", request->experiment().name(),
               [&] { return AnswerReport(engine_, *request, reply); });
  }

  grpc::Status Tell(grpc::ServerContext*, const v1::TellRequest* request,
                    v1::TellReply* reply) override {
    return Run("Tell", request->experiment().name(),
               [&] { return AnswerTell(engine_, *request, reply); });
  }

  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::TrialEvent>* writer) override {
    return Run("Watch", request->experiment().name(), [&] {
      // Whoever reads the stream's beginning knows that nothing from then on is missed.
      return AnswerWatch(
          engine_, *request, Wanted(context), [writer] { writer->SendInitialMetadata(); },
          [writer](const v1::TrialEvent& event) { return writer->Write(event); });
    });
  }

 private:
  static std::function<bool()> Wanted(const grpc::ServerContext* context) {
    return [context] { return !context->IsCancelled(); };
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

std::unique_ptr<WorkStreams::Service> MakeAskTellService(AskTellEngine* engine, const Store* store,
                                                         const Clock* clock, CallGuard* guard) {
  return std::make_unique<AskTellService>(engine, store, clock, guard);
}

}  // namespace qalam
