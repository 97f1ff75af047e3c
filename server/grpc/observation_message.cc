#include "server/grpc/observation_message.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

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

}  // namespace

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

absl::StatusOr<ObservationLog::Query> QueryOf(const katib::GetObservationLogRequest& request) {
  ObservationLog::Query query{.trial = request.trial_name(), .metric = request.metric_name()};
  QALAM_ASSIGN_OR_RETURN(query.first, ParseBound("start_time", request.start_time()));
  QALAM_ASSIGN_OR_RETURN(query.last, ParseBound("end_time", request.end_time()));
  return query;
}

void WriteRows(absl::Span<const ObservationRow> rows, katib::ObservationLog* log) {
  for (const ObservationRow& row : rows) {
    katib::MetricLog* entry = log->add_metric_logs();
    entry->set_time_stamp(
        absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", row.time, absl::UTCTimeZone()));
    entry->mutable_metric()->set_name(row.metric);
    entry->mutable_metric()->set_value(row.text);
  }
}

}  // namespace qalam
