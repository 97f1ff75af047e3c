#include "server/grpc/suggestion_service.h"

#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/status_macros.h"
#include "proto/katib/v1beta1/api.pb.h"
#include "proto/katib/v1beta1/trial_bytes.pb.h"
#include "server/algorithm_check.h"
#include "server/grpc/experiment_message.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using Request = wire::GetSuggestionsRequestBytes;
using ValidateRequest = katib::ValidateAlgorithmSettingsRequest;
using ValidateReply = katib::ValidateAlgorithmSettingsReply;

constexpr char kGetSuggestions[] = "/api.v1.beta1.Suggestion/GetSuggestions";
constexpr char kValidate[] = "/api.v1.beta1.Suggestion/ValidateAlgorithmSettings";

void WriteAnswer(const SuggestionAnswer& answer, const katib::AlgorithmSpec& algorithm,
                 katib::GetSuggestionsReply* reply) {
  for (const SuggestionAnswer::Trial& trial : answer.trials) {
    auto* assignments = reply->add_parameter_assignments();
    assignments->set_trial_name(trial.name);
    for (const auto& [name, value] : trial.values) {
      katib::ParameterAssignment* assignment = assignments->add_assignments();
      assignment->set_name(name);
      assignment->set_value(value);
    }
  }
  reply->mutable_algorithm()->set_algorithm_name(algorithm.algorithm_name());
  for (const auto& [name, value] : answer.carried) {
    katib::AlgorithmSetting* setting = reply->mutable_algorithm()->add_algorithm_settings();
    setting->set_name(name);
    setting->set_value(value);
  }
}

class SuggestionService final : public grpc::Service {
 public:
  SuggestionService(SuggestionSessions* sessions, CallGuard* guard)
      : sessions_(sessions), guard_(guard) {
    AddUnary<Request, katib::GetSuggestionsReply>(
        kGetSuggestions, [](SuggestionService* self, grpc::ServerContext* context,
                            const Request* request, katib::GetSuggestionsReply* reply) {
          return self->guard_->Run(kGetSuggestions, *context, [&](Json* fields) {
            return self->GetSuggestions(*request, reply, fields);
          });
        });
    AddUnary<ValidateRequest, ValidateReply>(
        kValidate, [](SuggestionService* self, grpc::ServerContext* context,
                      const ValidateRequest* request, ValidateReply*) {
          return self->guard_->Run(kValidate, *context, [&](Json* fields) {
            (*fields)["experiment"] = request->experiment().name();
            return Validate(*request);
          });
        });
  }

 private:
  // What generated code does for each method.
  template <typename In, typename Out>
  void AddUnary(
      const char* method,
      std::function<grpc::Status(SuggestionService*, grpc::ServerContext*, const In*, Out*)> call) {
    using Handler =
        grpc::internal::RpcMethodHandler<SuggestionService, In, Out, grpc::protobuf::MessageLite,
                                         grpc::protobuf::MessageLite>;
    AddMethod(std::make_unique<grpc::internal::RpcServiceMethod>(
                  method, grpc::internal::RpcMethod::NORMAL_RPC,
                  std::make_unique<Handler>(std::move(call), this).release())
                  .release());
  }

  static absl::Status Validate(const ValidateRequest& request) {
    QALAM_ASSIGN_OR_RETURN(const SearchSpec search,
                           SearchOf(request.experiment(), ObjectiveRule::kOptional));
    return CheckAlgorithmOf(search);
  }

  absl::Status GetSuggestions(const Request& request, katib::GetSuggestionsReply* reply,
                              Json* fields) const {
    katib::Experiment experiment = request.experiment();
    (*fields)["experiment"] = experiment.name();
    (*fields)["algorithm"] = experiment.spec().algorithm().algorithm_name();
    (*fields)["trials"] = request.trials_size();
    (*fields)["wanted"] = request.current_request_number();
    SuggestionQuery query;
    query.experiment = experiment.name();
    query.carried = TakeCarried(&experiment);
    query.fingerprint = experiment.spec().SerializeAsString();
    query.search = [&] { return SearchOf(experiment, ObjectiveRule::kRequired); };
    const std::vector<absl::string_view> trials(request.trials().begin(), request.trials().end());
    query.trials = trials;
    const std::string& metric = experiment.spec().objective().objective_metric_name();
    query.decode = [&](absl::string_view bytes) { return DecodeTrial(bytes, metric); };
    query.wanted = request.current_request_number();
    if (request.total_request_number() >= request.current_request_number() &&
        request.total_request_number() > 0) {
      query.suggested = request.total_request_number() - request.current_request_number();
    }
    QALAM_ASSIGN_OR_RETURN(const SuggestionAnswer answer, sessions_->Suggest(query));
    WriteAnswer(answer, experiment.spec().algorithm(), reply);
    return absl::OkStatus();
  }

  SuggestionSessions* const sessions_;
  CallGuard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSuggestionService(SuggestionSessions* sessions,
                                                     CallGuard* guard) {
  return std::make_unique<SuggestionService>(sessions, guard);
}

}  // namespace qalam
