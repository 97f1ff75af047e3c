#ifndef QALAM_SERVER_GRPC_SUGGESTION_SERVICE_H_
#define QALAM_SERVER_GRPC_SUGGESTION_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>

#include "core/clock.h"
#include "server/grpc/call_guard.h"
#include "server/suggestion_sessions.h"

namespace qalam {

// api.v1.beta1.Suggestion. Written by hand rather than derived from the generated class, so that
// trials stay undecoded (proto/katib/v1beta1/trial_bytes.proto). `trial_volume`: see TrialFolders.
// The pointers must outlive the service.
std::unique_ptr<grpc::Service> MakeSuggestionService(SuggestionSessions* sessions,
                                                     const std::string& trial_volume,
                                                     CallGuard* guard);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_SUGGESTION_SERVICE_H_
