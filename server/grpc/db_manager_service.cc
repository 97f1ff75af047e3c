#include "server/grpc/db_manager_service.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"
#include "server/grpc/observation_message.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

absl::Status CheckTrialName(const std::string& name) {
  if (!name.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("trial_name is empty; name the trial");
}

class DbManagerService final : public katib::DBManager::Service {
 public:
  DbManagerService(ObservationLog* log, CallGuard* guard) : log_(log), guard_(guard) {}

  grpc::Status ReportObservationLog(grpc::ServerContext* context,
                                    const katib::ReportObservationLogRequest* request,
                                    katib::ReportObservationLogReply*) override {
    return Run("ReportObservationLog", *context, request->trial_name(), [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const auto rows, RowsOf(request->observation_log()));
      return log_->Add(request->trial_name(), rows);
    });
  }

  grpc::Status GetObservationLog(grpc::ServerContext* context,
                                 const katib::GetObservationLogRequest* request,
                                 katib::GetObservationLogReply* reply) override {
    return Run("GetObservationLog", *context, request->trial_name(), [&]() -> absl::Status {
      QALAM_ASSIGN_OR_RETURN(const ObservationLog::Query query, QueryOf(*request));
      QALAM_ASSIGN_OR_RETURN(const std::vector<ObservationRow> rows, log_->Read(query));
      WriteRows(rows, reply->mutable_observation_log());
      return absl::OkStatus();
    });
  }

  grpc::Status DeleteObservationLog(grpc::ServerContext* context,
                                    const katib::DeleteObservationLogRequest* request,
                                    katib::DeleteObservationLogReply*) override {
    return Run("DeleteObservationLog", *context, request->trial_name(),
               [&] { return log_->Delete(request->trial_name()); });
  }

 private:
  grpc::Status Run(absl::string_view method, const grpc::ServerContext& context,
                   const std::string& trial, const std::function<absl::Status()>& call) {
    return guard_->Run(absl::StrCat("/api.v1.beta1.DBManager/", method), context,
                       [&](Json* fields) -> absl::Status {
                         (*fields)["trial"] = trial;
                         QALAM_RETURN_IF_ERROR(CheckTrialName(trial));
                         return call();
                       });
  }

  ObservationLog* const log_;
  CallGuard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDbManagerService(ObservationLog* log, CallGuard* guard) {
  return std::make_unique<DbManagerService>(log, guard);
}

}  // namespace qalam
