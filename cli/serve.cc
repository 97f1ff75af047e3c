// qalam serve: answers over the network.
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "cli/signals.h"
#include "cli/verb.h"
#include "controller/data_dir.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "server/grpc/grpc_server.h"
#include "server/kubernetes/trial_status.h"
#include "storage/observation_log.h"

namespace qalam {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:6789";
constexpr char kKatibTrialVolume[] = "/opt/katib/data";
constexpr char kSuggestion[] = "suggestion";
constexpr char kEarlyStopping[] = "early-stopping";
constexpr char kDbManager[] = "db-manager";
constexpr char kAskTell[] = "ask-tell";
constexpr int64_t kDefaultMessageMib = 256;
constexpr int64_t kMaxMessageMib = 2047;  // gRPC counts bytes in 32 bits
constexpr int64_t kDefaultGraceSeconds = 10;

// Counts signals, and lets a thread wait for the next one.
class SignalCounter {
 public:
  void Add() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    ++count_;
    changed_.NotifyAll();
  }
  void Wait() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    while (count_ == 0) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// True for addresses that only this machine can reach.
bool IsLocal(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return true;
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || absl::StartsWith(host, "127.");
}

absl::StatusOr<std::string> ReadPem(const ParsedFlags& flags, const char* flag) {
  const std::string path = flags.ValueOr(flag, "");
  if (path.empty()) return std::string();
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (absl::StrContains(text, "-----BEGIN ")) return text;
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, ": cannot read a PEM file from ", path));
}

absl::StatusOr<std::optional<TlsOptions>> ReadTls(const ParsedFlags& flags) {
  TlsOptions tls;
  QALAM_ASSIGN_OR_RETURN(tls.certificate_chain, ReadPem(flags, "tls-cert"));
  QALAM_ASSIGN_OR_RETURN(tls.private_key, ReadPem(flags, "tls-key"));
  QALAM_ASSIGN_OR_RETURN(tls.client_ca, ReadPem(flags, "tls-client-ca"));
  if (tls.certificate_chain.empty() != tls.private_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key go together; give both");
  }
  if (!tls.certificate_chain.empty()) return std::optional<TlsOptions>(std::move(tls));
  if (tls.client_ca.empty()) return std::optional<TlsOptions>();
  return absl::InvalidArgumentError("--tls-client-ca needs --tls-cert and --tls-key");
}

// Whoever can reach the port can use the server.
absl::Status CheckAddresses(const GrpcServerOptions& options, bool insecure) {
  for (const std::string& address : options.addresses) {
    if (options.tls.has_value() || insecure || IsLocal(address)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--grpc-address ", address, " can be reached from other machines; give ",
                     "--tls-cert and --tls-key, or --insecure-listen where the network is ",
                     "trusted, as inside a cluster"));
  }
  return absl::OkStatus();
}

absl::StatusOr<GrpcServerOptions> ReadOptions(const Invocation& invocation) {
  const ParsedFlags& flags = invocation.flags;
  GrpcServerOptions options;
  options.addresses = flags.Values("grpc-address");
  if (options.addresses.empty()) options.addresses = {kDefaultAddress};
  QALAM_ASSIGN_OR_RETURN(options.tls, ReadTls(flags));
  QALAM_RETURN_IF_ERROR(CheckAddresses(options, flags.IsOn("insecure-listen")));
  QALAM_ASSIGN_OR_RETURN(const auto mib, IntegerFlag(flags, "max-message-mib", 1));
  if (mib.value_or(1) > kMaxMessageMib) {
    return absl::InvalidArgumentError(
        absl::StrCat("--max-message-mib is ", *mib, "; it may be at most ", kMaxMessageMib));
  }
  options.max_message_bytes = static_cast<int>(mib.value_or(kDefaultMessageMib) << 20);
  const int64_t processors = std::max(2U, std::thread::hardware_concurrency());
  QALAM_ASSIGN_OR_RETURN(const auto concurrency, IntegerFlag(flags, "concurrency", 1));
  options.concurrency =
      static_cast<int>(std::min<int64_t>(concurrency.value_or(2 * processors), 1024));
  QALAM_ASSIGN_OR_RETURN(const auto remembered, IntegerFlag(flags, "remember", 1));
  if (remembered.has_value()) options.remembered_experiments = static_cast<size_t>(*remembered);
  QALAM_ASSIGN_OR_RETURN(const auto slow, IntegerFlag(flags, "slow-call-ms", 0));
  if (slow.has_value()) options.slow_call = absl::Milliseconds(*slow);
  options.trial_volume = flags.ValueOr("trial-volume", kKatibTrialVolume);
  options.clock = invocation.clock;
  options.log = [err = invocation.err](const std::string& line) {
    err->Write(absl::StrCat(line, "\n"));
  };
  return options;
}

bool IsServed(const ParsedFlags& flags, const char* service) {
  const std::vector<std::string> chosen = flags.Values("service");
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), service) != chosen.end();
}

// What the services keep, in the data folder. Suggestions need none.
struct Kept {
  std::optional<DataDir> dir;
  std::unique_ptr<ObservationLog> observations;
  std::unique_ptr<Store> store;
  std::unique_ptr<AskTellEngine> ask_tell;  // last: it uses dir and store
};

// The Trials of the cluster that this process runs in; nothing outside of one.
std::optional<KubernetesTrials> ClusterTrials(const Invocation& invocation) {
  const char* const host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* const port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || *host == '\0') return std::nullopt;
  KubernetesAccess access;
  access.server = ApiServerUrl(host, port == nullptr ? "443" : port);
  access.service_account_dir =
      invocation.flags.ValueOr("service-account", access.service_account_dir);
  return std::optional<KubernetesTrials>(std::in_place, std::move(access), invocation.clock);
}

absl::Status Open(const Invocation& invocation, Kept* kept) {
  const bool observes = IsServed(invocation.flags, kDbManager);
  const bool asks = IsServed(invocation.flags, kAskTell);
  if (!observes && !asks) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(kept->dir, DataDir::Open(invocation.data_root));
  if (observes) {
    QALAM_ASSIGN_OR_RETURN(kept->observations, ObservationLog::Open(kept->dir->ObservationsPath()));
  }
  if (!asks) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(kept->store, OpenSqliteStore(kept->dir->StorePath()));
  kept->ask_tell =
      std::make_unique<AskTellEngine>(kept->store.get(), &*kept->dir, invocation.clock);
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Serve(const Invocation& invocation) {
  // One heap for all threads. With one for each, what large requests leave behind in every one of
  // them takes more memory than the experiments.
  mallopt(M_ARENA_MAX, 1);
  // Debian's library looks for deadlocks at each of gRPC's locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  QALAM_ASSIGN_OR_RETURN(const GrpcServerOptions options, ReadOptions(invocation));
  QALAM_ASSIGN_OR_RETURN(const auto grace, IntegerFlag(invocation.flags, "grace", 0));
  Kept kept;
  QALAM_RETURN_IF_ERROR(Open(invocation, &kept));
  const std::optional<KubernetesTrials> cluster = ClusterTrials(invocation);
  SignalCounter signals;
  QALAM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SignalWatcher> watcher,
      SignalWatcher::Start({SIGTERM, SIGINT}, [&signals](int) { signals.Add(); }));
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server,
                         StartGrpcServer(options, {.observations = kept.observations.get(),
                                                   .ask_tell = kept.ask_tell.get(),
                                                   .store = kept.store.get(),
                                                   .kubernetes = cluster ? &*cluster : nullptr}));
  invocation.out->Write(
      absl::StrCat("serving gRPC on ", absl::StrJoin(server->addresses(), ", "), "\n"));
  invocation.out->Flush();
  signals.Wait();
  server->Shutdown(absl::Seconds(grace.value_or(kDefaultGraceSeconds)));
  return ExitCode::kSuccess;
}

std::vector<FlagSpec> ServeFlags() {
  return {{.name = "grpc-address",
           .value = "HOST:PORT",
           .help = "Where to listen (default: 127.0.0.1:6789); port 0 takes a free one",
           .repeatable = true},
          {.name = "service",
           .value = "NAME",
           .help = "Serve only these; db-manager and ask-tell keep data in the data folder, "
                   "suggestion and early-stopping keep none and are always there",
           .choices = {kSuggestion, kEarlyStopping, kDbManager, kAskTell},
           .repeatable = true},
          {.name = "insecure-listen",
           .help = "Listen beyond this machine without TLS, as Katib's controller needs it"},
          {.name = "tls-cert", .value = "FILE", .help = "The server's certificate chain, PEM"},
          {.name = "tls-key", .value = "FILE", .help = "Its private key, PEM"},
          {.name = "tls-client-ca",
           .value = "FILE",
           .help = "Take only clients whose certificate one of these has signed, PEM"},
          {.name = "service-account",
           .value = "DIR",
           .help = "Inside a cluster: the folder with the service account's token, ca.crt and "
                   "namespace (default: where Kubernetes mounts it)"},
          {.name = "trial-volume",
           .value = "DIR",
           .help = "Inside Katib: the volume with the checkpoints of pbt's trials (default: "
                   "/opt/katib/data, where Katib mounts it); used if it is there"},
          {.name = "max-message-mib",
           .value = "N",
           .help = "Refuse messages of more MiB (default: 256)"},
          {.name = "concurrency",
           .value = "N",
           .help = "Calls that are worked on at a time (default: two for each processor)"},
          {.name = "remember",
           .value = "N",
           .help = "Experiments to remember between calls (default: 256)"},
          {.name = "slow-call-ms",
           .value = "N",
           .help = "Log calls that take as long, as JSON on standard error (default: 1000)"},
          {.name = "grace",
           .value = "SECONDS",
           .help = "How long calls may go on after SIGTERM (default: 10)"}};
}

}  // namespace

VerbSpec ServeVerb() {
  return {
      .name = "serve",
      .summary = "Serve gRPC: ask and tell, and Katib's services",
      .usage = "",
      .description =
          "qalam.v1.AskTell is for programs that run their trials themselves: it creates\n"
          "experiments in the data folder, hands out trials and takes their results. Katib's\n"
          "Suggestion, EarlyStopping and DBManager answer Katib's controller, collectors and SDK,\n"
          "with every algorithm and stopping rule of `qalam run`. With health and reflection. It\n"
          "may be killed or restarted between any two calls: what was acknowledged is on disk,\n"
          "and clients go on. SIGTERM ends it when the running calls are done.",
      .max_args = 0,
      .flags = ServeFlags(),
      .examples = {{"qalam serve", "Serve clients on this machine"},
                   {"qalam serve --grpc-address 0.0.0.0:6789 --insecure-listen",
                    "Serve Katib's controller, inside a cluster"},
                   {"qalam serve --grpc-address 0.0.0.0:6789 --tls-cert s.pem --tls-key s.key",
                    "Serve other machines over TLS"}},
      .run = Serve};
}

}  // namespace qalam
