#ifndef QALAM_SERVER_GRPC_GRPC_SERVER_H_
#define QALAM_SERVER_GRPC_GRPC_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "server/kubernetes/trial_status.h"
#include "storage/observation_log.h"
#include "storage/store.h"

namespace qalam {

struct TlsOptions {
  std::string certificate_chain;  // PEM
  std::string private_key;        // PEM
  // PEM; when given, clients must show a certificate that one of these has signed.
  std::string client_ca;
};

struct GrpcServerOptions {
  std::vector<std::string> addresses;  // "127.0.0.1:6789"; port 0 takes a free one
  std::optional<TlsOptions> tls;       // absent: plain text
  int max_message_bytes = 256 << 20;   // of a request and of an answer
  int concurrency = 8;                 // calls that are worked on at a time; others wait
  size_t remembered_experiments = 256;
  // The volume with the checkpoints of Katib's trials (server/trial_folders.h); empty: none.
  std::string trial_volume;
  absl::Duration slow_call = absl::Seconds(1);
  // Gets one JSON object for each slow or failed call; called from any thread, one at a time.
  std::function<void(const std::string& line)> log;
  const Clock* clock = nullptr;  // must outlive the server
};

// Katib's services on their ports, with health and reflection.
class GrpcServer {
 public:
  virtual ~GrpcServer() = default;

  // Where it listens, with the ports that were taken.
  virtual const std::vector<std::string>& addresses() const = 0;
  // Says NOT_SERVING, takes no further calls, and gives those that run `grace` to end. Returns when
  // none is left.
  virtual void Shutdown(absl::Duration grace) = 0;
};

// What the services work on; must outlive the server. A service whose part is null is not offered.
struct GrpcBackends {
  ObservationLog* observations = nullptr;  // api.v1.beta1.DBManager
  AskTellEngine* ask_tell = nullptr;       // qalam.v1.AskTell, with `store`
  const Store* store = nullptr;
  // Where api.v1.beta1.EarlyStopping marks Katib's Trials; null outside a cluster.
  const KubernetesTrials* kubernetes = nullptr;
};

// SERVING when it returns, with api.v1.beta1.Suggestion, api.v1.beta1.EarlyStopping and what there
// are back ends for.
// Unavailable when an address cannot be listened on or certificate and key cannot be used.
absl::StatusOr<std::unique_ptr<GrpcServer>> StartGrpcServer(const GrpcServerOptions& options,
                                                            const GrpcBackends& backends);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_GRPC_SERVER_H_
