#include "server/grpc/early_stopping_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"
#include "server/grpc/early_stopping_calls.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

constexpr char kEarlyStoppingPath[] = "/api.v1.beta1.EarlyStopping/";
// How long others (a DBManager, the API server) may let a call wait: half of what Katib's
// controller waits for it.
constexpr absl::Duration kMaxWait = absl::Seconds(30);
constexpr absl::Duration kToAnswer = absl::Milliseconds(100);

class EarlyStoppingService final : public katib::EarlyStopping::Service {
 public:
  EarlyStoppingService(ObservedCurves* curves, const TrialStops* stops, CallGuard* guard)
      : curves_(curves), stops_(stops), guard_(guard) {}

  grpc::Status GetEarlyStoppingRules(grpc::ServerContext* context,
                                     const katib::GetEarlyStoppingRulesRequest* request,
                                     katib::GetEarlyStoppingRulesReply* reply) override {
    return Run("GetEarlyStoppingRules", *context, [&](Json* fields) {
      return AnswerRules(curves_, *request, DeadlineOf(*context), reply, fields);
    });
  }

  grpc::Status SetTrialStatus(grpc::ServerContext* context,
                              const katib::SetTrialStatusRequest* request,
                              katib::SetTrialStatusReply*) override {
    // It waits for the API server; rules need not wait with it.
    return guard_->RunWaiting(absl::StrCat(kEarlyStoppingPath, "SetTrialStatus"),
                              [&](Json* fields) {
                                (*fields)["trial"] = request->trial_name();
                                return stops_->Stop(request->trial_name(), DeadlineOf(*context),
                                                    [context] { return !context->IsCancelled(); });
                              });
  }

  grpc::Status ValidateEarlyStoppingSettings(
      grpc::ServerContext* context, const katib::ValidateEarlyStoppingSettingsRequest* request,
      katib::ValidateEarlyStoppingSettingsReply*) override {
    return Run("ValidateEarlyStoppingSettings", *context,
               [&](Json*) { return qalam::ValidateEarlyStoppingSettings(*request); });
  }

 private:
  absl::Time DeadlineOf(const grpc::ServerContext& context) const {
    return std::min(absl::FromChrono(context.deadline()) - kToAnswer,
                    guard_->clock().Now() + kMaxWait);
  }

  grpc::Status Run(absl::string_view method, const grpc::ServerContext& context,
                   const std::function<absl::Status(Json*)>& call) {
    return guard_->Run(absl::StrCat(kEarlyStoppingPath, method), context, call);
  }

  ObservedCurves* const curves_;
  const TrialStops* const stops_;
  CallGuard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEarlyStoppingService(ObservedCurves* curves,
                                                        const TrialStops* stops, CallGuard* guard) {
  return std::make_unique<EarlyStoppingService>(curves, stops, guard);
}

}  // namespace qalam
