#ifndef QALAM_SERVER_GRPC_EARLY_STOPPING_SERVICE_H_
#define QALAM_SERVER_GRPC_EARLY_STOPPING_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/early_stopping/observed_curves.h"
#include "server/early_stopping/trial_stops.h"
#include "server/grpc/call_guard.h"

namespace qalam {

// api.v1.beta1.EarlyStopping. The arguments must outlive the service. `guard` must not be that of a
// DBManager which these calls may ask: each would wait for the other's turn.
std::unique_ptr<grpc::Service> MakeEarlyStoppingService(ObservedCurves* curves,
                                                        const TrialStops* stops, CallGuard* guard);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_EARLY_STOPPING_SERVICE_H_
