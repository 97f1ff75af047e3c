#ifndef QALAM_SERVER_GRPC_DB_MANAGER_SERVICE_H_
#define QALAM_SERVER_GRPC_DB_MANAGER_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/grpc/call_guard.h"
#include "storage/observation_log.h"

namespace qalam {

// api.v1.beta1.DBManager on `log`. Both must outlive the service.
std::unique_ptr<grpc::Service> MakeDbManagerService(ObservationLog* log, CallGuard* guard);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_DB_MANAGER_SERVICE_H_
