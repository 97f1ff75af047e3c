#ifndef QALAM_SERVER_GRPC_SUGGESTION_CALLS_H_
#define QALAM_SERVER_GRPC_SUGGESTION_CALLS_H_

#include "absl/status/status.h"
#include "core/json.h"
#include "proto/katib/v1beta1/api.pb.h"
#include "proto/katib/v1beta1/trial_bytes.pb.h"
#include "server/suggestion_sessions.h"
#include "server/trial_folders.h"

namespace qalam {

// The calls of the Suggestion service, from message to message. `fields` gets what is worth logging
// of a call.

absl::Status AnswerSuggestions(SuggestionSessions* sessions, const TrialFolders& folders,
                               const wire::GetSuggestionsRequestBytes& request,
                               api::v1::beta1::GetSuggestionsReply* reply, Json* fields);

// InvalidArgument with the first problem of the experiment's search space, algorithm or settings.
absl::Status ValidateAlgorithmSettings(
    const api::v1::beta1::ValidateAlgorithmSettingsRequest& request);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_SUGGESTION_CALLS_H_
