#include "server/grpc/db_manager_service.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

absl::StatusOr<absl::Time> ParseTime(absl::string_view field, const std::string& text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error) && time != absl::InfiniteFuture() &&
      time != absl::InfinitePast()) {
    return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      field, " is \"", text, "\"; it must be a time such as 2026-01-02T15:04:05.123456789Z"));
}

absl::StatusOr<std::optional<absl::Time>> ParseBound(absl::string_view field,
                                                     const std::string& text) {
  if (text.empty()) return std::nullopt;
  QALAM_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(field, text));
  return time;
}

absl::Status CheckTrialName(const std::string& name) {
  if (!name.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("trial_name is empty; name the trial");
}

// Rows without a time are left out, as in Katib.
absl::StatusOr<std::vector<ObservationRow>> RowsOf(const katib::ObservationLog& log) {
  std::vector<ObservationRow> rows;
  for (int i = 0; i < log.metric_logs_size(); ++i) {
    const katib::MetricLog& entry = log.metric_logs(i);
    if (entry.time_stamp().empty()) continue;
    const std::string field = absl::StrCat("observation_log.metric_logs[", i, "].time_stamp");
    QALAM_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(field, entry.time_stamp()));
    rows.push_back({.time = time, .metric = entry.metric().name(), .text = entry.metric().value()});
  }
  return rows;
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
      ObservationLog::Query query{.trial = request->trial_name(), .metric = request->metric_name()};
      QALAM_ASSIGN_OR_RETURN(query.first, ParseBound("start_time", request->start_time()));
      QALAM_ASSIGN_OR_RETURN(query.last, ParseBound("end_time", request->end_time()));
      QALAM_ASSIGN_OR_RETURN(const std::vector<ObservationRow> rows, log_->Read(query));
      for (const ObservationRow& row : rows) {
        katib::MetricLog* entry = reply->mutable_observation_log()->add_metric_logs();
        entry->set_time_stamp(
            absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", row.time, absl::UTCTimeZone()));
        entry->mutable_metric()->set_name(row.metric);
        entry->mutable_metric()->set_value(row.text);
      }
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
