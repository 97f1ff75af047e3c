#ifndef QALAM_SERVER_GRPC_DB_MANAGER_CLIENT_H_
#define QALAM_SERVER_GRPC_DB_MANAGER_CLIENT_H_

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "core/mutex.h"
#include "server/early_stopping/observed_curves.h"

namespace qalam {

// Reads observations from DBManagers of others (api.v1.beta1.DBManager), in plain text as all of
// Katib does. Any thread may call it.
class DbManagerClient final : public RemoteObservations {
 public:
  // InvalidArgument when `address` is no "host:port"; FailedPrecondition when no DBManager answers
  // there; Unavailable when nobody does, or not for all trials in time.
  absl::Status Read(const std::string& address, absl::Span<const std::string> trials,
                    const std::string& metric, absl::Time deadline,
                    const TextsTaker& take) override;

 private:
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(const std::string& address)
      ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_DB_MANAGER_CLIENT_H_
