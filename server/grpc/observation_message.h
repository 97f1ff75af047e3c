#ifndef QALAM_SERVER_GRPC_OBSERVATION_MESSAGE_H_
#define QALAM_SERVER_GRPC_OBSERVATION_MESSAGE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "proto/katib/v1beta1/api.pb.h"
#include "storage/observation_log.h"

namespace qalam {

// What Katib's messages about observations mean. Times are RFC 3339.

// The rows of a report; those without a time are left out, as in Katib. InvalidArgument naming a
// time that is none.
absl::StatusOr<std::vector<ObservationRow>> RowsOf(const api::v1::beta1::ObservationLog& log);
// The same for what is asked for.
absl::StatusOr<ObservationLog::Query> QueryOf(
    const api::v1::beta1::GetObservationLogRequest& request);
// Adds rows to a message.
void WriteRows(absl::Span<const ObservationRow> rows, api::v1::beta1::ObservationLog* log);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_OBSERVATION_MESSAGE_H_
