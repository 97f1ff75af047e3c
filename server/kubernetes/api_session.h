#ifndef QALAM_SERVER_KUBERNETES_API_SESSION_H_
#define QALAM_SERVER_KUBERNETES_API_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/json.h"

namespace qalam {

// How a pod reaches the API server of its cluster.
struct KubernetesAccess {
  std::string server;  // "https://10.96.0.1:443"
  // Holds the files token, ca.crt and namespace. They are read when they are needed: the kubelet
  // exchanges them while they are used.
  std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration request_timeout = absl::Seconds(10);
  // Between two tries; each is twice the one before, up to the longest.
  absl::Duration first_pause = absl::Milliseconds(100);
  absl::Duration longest_pause = absl::Seconds(3);
};

// "https://host:port"; IPv6 addresses in brackets.
std::string ApiServerUrl(absl::string_view host, absl::string_view port);

// A file of the service account without the white space around its text. FailedPrecondition when
// it cannot be read or is empty.
absl::StatusOr<std::string> ReadServiceAccountFile(const KubernetesAccess& access,
                                                   absl::string_view name);

struct ApiRequest {
  std::string method;        // "GET"
  std::string path;          // "/apis/..."
  std::string content_type;  // of the body
  std::string body;
};

// Requests to the API server over one connection, as long as that lasts. Used by one thread.
class ApiSession {
 public:
  // `access` must outlive the session.
  explicit ApiSession(const KubernetesAccess& access);
  ~ApiSession();
  ApiSession(const ApiSession&) = delete;
  ApiSession& operator=(const ApiSession&) = delete;

  // The object that is answered. Within `timeout`.
  //
  // Aborted on a conflict (409), and Unavailable when the server cannot be reached or says that it
  // cannot answer now (429, 5xx), or when the token was exchanged meanwhile: worth another try. Not
  // worth it: FailedPrecondition when certificate, token or rights do not suffice; NotFound;
  // Internal for other answers.
  absl::StatusOr<Json> Send(const ApiRequest& request, absl::Duration timeout);

 private:
  class Curl;
  absl::Status StatusOf(long code, const std::string& text, const ApiRequest& request,
                        const std::string& token) const;

  const KubernetesAccess& access_;
  std::unique_ptr<Curl> curl_;  // null until the first request
};

}  // namespace qalam

#endif  // QALAM_SERVER_KUBERNETES_API_SESSION_H_
