#ifndef QALAM_SERVER_GRPC_EARLY_STOPPING_CALLS_H_
#define QALAM_SERVER_GRPC_EARLY_STOPPING_CALLS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "proto/katib/v1beta1/api.pb.h"
#include "server/early_stopping/observed_curves.h"

namespace qalam {

// The calls of the EarlyStopping service, from message to message. `fields` gets what is worth
// logging of a call.

absl::Status AnswerRules(ObservedCurves* curves,
                         const api::v1::beta1::GetEarlyStoppingRulesRequest& request,
                         absl::Time deadline, api::v1::beta1::GetEarlyStoppingRulesReply* reply,
                         Json* fields);

// InvalidArgument with the first problem of the rule or its settings.
absl::Status ValidateEarlyStoppingSettings(
    const api::v1::beta1::ValidateEarlyStoppingSettingsRequest& request);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_EARLY_STOPPING_CALLS_H_
