#include "server/grpc/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/early_stopping/observed_curves.h"
#include "server/early_stopping/trial_stops.h"
#include "server/grpc/ask_tell_service.h"
#include "server/grpc/call_guard.h"
#include "server/grpc/db_manager_client.h"
#include "server/grpc/db_manager_service.h"
#include "server/grpc/early_stopping_service.h"
#include "server/grpc/suggestion_service.h"
#include "server/grpc/work_streams.h"
#include "server/suggestion_sessions.h"

namespace qalam {
namespace {

// Calls that may be under way, those that wait for their turn included; each has a thread.
constexpr int kMaxThreads = 1024;
// Threads that wait for the next call. Beyond them a thread is made for a call and ends with it,
// which costs more than many a call.
constexpr int kMaxIdleThreads = 64;

// What probes ask for. "manager.v1beta1.Suggestion" is what Katib's controller writes into its
// probes; no service has such a name.
std::vector<std::string> HealthNames(const GrpcBackends& backends) {
  std::vector<std::string> names = {"manager.v1beta1.Suggestion", "api.v1.beta1.Suggestion",
                                    "manager.v1beta1.EarlyStopping", "api.v1.beta1.EarlyStopping",
                                    "grpc.health.v1.Health"};
  if (backends.observations != nullptr) names.push_back("api.v1.beta1.DBManager");
  if (backends.ask_tell != nullptr) names.push_back("qalam.v1.AskTell");
  return names;
}

std::shared_ptr<grpc::ServerCredentials> CredentialsFor(const std::optional<TlsOptions>& tls) {
  if (!tls.has_value()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls->client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->private_key, tls->certificate_chain});
  return grpc::SslServerCredentials(options);
}

// "host" of "host:port".
std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(const GrpcServerOptions& options, const GrpcBackends& backends)
      : log_(options.log),
        guard_(GuardOptions(options)),
        early_stopping_guard_(GuardOptions(options)),
        curves_(backends.observations, &db_managers_),
        stops_(backends.ask_tell, backends.kubernetes),
        sessions_(options.clock, {.experiments = options.remembered_experiments}),
        health_names_(HealthNames(backends)) {
    services_.push_back(MakeSuggestionService(&sessions_, options.trial_volume, &guard_));
    services_.push_back(MakeEarlyStoppingService(&curves_, &stops_, &early_stopping_guard_));
    if (backends.observations != nullptr) {
      services_.push_back(MakeDbManagerService(backends.observations, &guard_));
    }
    if (backends.ask_tell != nullptr) {
      ask_tell_ = backends.ask_tell;
      auto service = MakeAskTellService(backends.ask_tell, backends.store, options.clock, &guard_);
      ask_tell_service_ = service.get();
      services_.push_back(std::move(service));
    }
  }

  ~GrpcServerImpl() override {
    if (server_ != nullptr) Shutdown(absl::ZeroDuration());
  }

  absl::Status Start(const GrpcServerOptions& options) {
    // Bad bytes are told to whoever sent them; the library would tell standard error as well.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("qalam");
    quota.SetMaxThreads(kMaxThreads);
    builder.SetResourceQuota(quota);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMaxIdleThreads);
    builder.SetMaxReceiveMessageSize(options.max_message_bytes);
    builder.SetMaxSendMessageSize(options.max_message_bytes);
    // Two servers on one port would take turns without anybody noticing.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    for (const auto& service : services_) builder.RegisterService(service.get());
    std::vector<int> ports(options.addresses.size(), 0);
    for (size_t i = 0; i < ports.size(); ++i) {
      builder.AddListeningPort(options.addresses[i], CredentialsFor(options.tls), &ports[i]);
    }
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    if (ask_tell_ != nullptr) queue = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return CannotListen(options);
    if (ask_tell_ != nullptr) {
      streams_ =
          std::make_unique<WorkStreams>(ask_tell_, &guard_, ask_tell_service_, std::move(queue));
    }
    for (size_t i = 0; i < ports.size(); ++i) {
      addresses_.push_back(absl::StrCat(HostOf(options.addresses[i]), ":", ports[i]));
    }
    for (const std::string& name : health_names_) {
      server_->GetHealthCheckService()->SetServingStatus(name, true);
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& addresses() const override { return addresses_; }

  void Shutdown(absl::Duration grace) override {
    server_->GetHealthCheckService()->SetServingStatus(false);
    server_->Shutdown(
        std::chrono::system_clock::time_point(absl::ToChronoTime(guard_.clock().Now() + grace)));
    server_->Wait();
    streams_.reset();
  }

 private:
  CallGuard::Options GuardOptions(const GrpcServerOptions& options) {
    CallGuard::Options guard{
        .concurrency = options.concurrency, .slow = options.slow_call, .clock = options.clock};
    if (options.log) guard.log = [this](const std::string& line) { Log(line); };
    return guard;
  }

  void Log(const std::string& line) ABSL_LOCKS_EXCLUDED(log_mutex_) {
    MutexLock lock(&log_mutex_);
    log_(line);
  }

  static absl::Status CannotListen(const GrpcServerOptions& options) {
    const std::string where = absl::StrJoin(options.addresses, ", ");
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", where, ": an address is in use or not one of this machine",
        options.tls.has_value() ? ", or certificate and key do not belong together" : "",
        "; see the message above, or choose another with --grpc-address"));
  }

  const std::function<void(const std::string& line)> log_;
  Mutex log_mutex_;
  CallGuard guard_;
  // Its calls may wait for a DBManager, which may be our own, behind the other guard.
  CallGuard early_stopping_guard_;
  DbManagerClient db_managers_;
  ObservedCurves curves_;
  const TrialStops stops_;
  SuggestionSessions sessions_;
  const std::vector<std::string> health_names_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  AskTellEngine* ask_tell_ = nullptr;
  WorkStreams::Service* ask_tell_service_ = nullptr;  // one of services_
  std::vector<std::string> addresses_;
  std::unique_ptr<grpc::Server> server_;  // it calls the services
  std::unique_ptr<WorkStreams> streams_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> StartGrpcServer(const GrpcServerOptions& options,
                                                            const GrpcBackends& backends) {
  auto server = std::make_unique<GrpcServerImpl>(options, backends);
  if (absl::Status status = server->Start(options); !status.ok()) return status;
  return server;
}

}  // namespace qalam
