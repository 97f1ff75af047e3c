#ifndef QALAM_CONTROLLER_CONTROL_H_
#define QALAM_CONTROLLER_CONTROL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/json.h"

namespace qalam {

// How one `qalam` process asks another, that drives an experiment, to do something: one JSON object
// a line each way over a Unix socket of mode 0600. Requests:
// {"command":"stop","mode":"graceful"|"now"},
// {"command":"edit","maxTrialCount":n?,"parallelTrialCount":n?,"maxFailedTrialCount":n?} (null
// removes a limit),
// {"command":"ping"}, which is OK while the experiment is driven.
// Replies: {"ok":true} or {"ok":false,"code":3,"message":"..."} with absl's status codes.
class ControlServer {
 public:
  virtual ~ControlServer() = default;  // closes and removes the socket
};

// Listens at `path` (any length) until destroyed; `handle` runs on the server's thread. A request
// that is too long (64 KiB), not JSON, or takes over 5 s to arrive is answered with an error.
absl::StatusOr<std::unique_ptr<ControlServer>> ListenForControl(
    const std::string& path, std::function<absl::Status(const Json& request)> handle);

// Sends one request and waits for the reply's status. Unavailable when nobody listens.
absl::Status SendControl(const std::string& path, const Json& request);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_CONTROL_H_
