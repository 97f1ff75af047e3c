#include "server/grpc/suggestion_service.h"

#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "proto/katib/v1beta1/api.pb.h"
#include "proto/katib/v1beta1/trial_bytes.pb.h"
#include "server/grpc/suggestion_calls.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using Request = wire::GetSuggestionsRequestBytes;
using ValidateRequest = katib::ValidateAlgorithmSettingsRequest;
using ValidateReply = katib::ValidateAlgorithmSettingsReply;

constexpr char kGetSuggestions[] = "/api.v1.beta1.Suggestion/GetSuggestions";
constexpr char kValidate[] = "/api.v1.beta1.Suggestion/ValidateAlgorithmSettings";

class SuggestionService final : public grpc::Service {
 public:
  SuggestionService(SuggestionSessions* sessions, const std::string& trial_volume, CallGuard* guard)
      : sessions_(sessions), folders_(trial_volume), guard_(guard) {
    AddUnary<Request, katib::GetSuggestionsReply>(
        kGetSuggestions, [](SuggestionService* self, grpc::ServerContext* context,
                            const Request* request, katib::GetSuggestionsReply* reply) {
          return self->guard_->Run(kGetSuggestions, *context, [&](Json* fields) {
            return AnswerSuggestions(self->sessions_, self->folders_, *request, reply, fields);
          });
        });
    AddUnary<ValidateRequest, ValidateReply>(
        kValidate, [](SuggestionService* self, grpc::ServerContext* context,
                      const ValidateRequest* request, ValidateReply*) {
          return self->guard_->Run(kValidate, *context, [&](Json* fields) {
            (*fields)["experiment"] = request->experiment().name();
            return ValidateAlgorithmSettings(*request);
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

  SuggestionSessions* const sessions_;
  const TrialFolders folders_;
  CallGuard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSuggestionService(SuggestionSessions* sessions,
                                                     const std::string& trial_volume,
                                                     CallGuard* guard) {
  return std::make_unique<SuggestionService>(sessions, trial_volume, guard);
}

}  // namespace qalam
