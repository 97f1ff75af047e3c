#include "server/grpc/db_manager_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

constexpr size_t kMaxChannels = 16;
constexpr size_t kCallsAtATime = 16;
constexpr int kMaxBackoffMs = 1000;

// "katib-db-manager.kubeflow:6789" or "[::1]:6789": no scheme that would lead elsewhere.
bool IsHostAndPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 || port > 65535) return false;
  const absl::string_view host = address.substr(0, colon);
  const bool brackets = host.front() == '[' && host.back() == ']';
  return std::all_of(host.begin(), host.end(), [brackets](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' ||
           (brackets && (c == ':' || c == '[' || c == ']'));
  });
}

absl::Status ToStatus(const grpc::Status& status, const std::string& address,
                      const std::string& trial) {
  if (status.ok()) return absl::OkStatus();
  const std::string what =
      absl::StrCat("the observations of trial ", trial, " cannot be read from the DBManager at ",
                   address, ": ", status.error_message());
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, "; no api.v1.beta1.DBManager is served there"));
  }
  return absl::UnavailableError(what);
}

std::vector<std::string> TextsOf(katib::ObservationLog* log, const std::string& metric) {
  std::vector<std::string> texts;
  for (katib::MetricLog& entry : *log->mutable_metric_logs()) {
    if (entry.metric().name() != metric) continue;
    texts.push_back(std::move(*entry.mutable_metric()->mutable_value()));
  }
  return texts;
}

// Reads the trials' observations, several at a time.
class Reading {
 public:
  Reading(std::unique_ptr<katib::DBManager::Stub> stub, absl::Span<const std::string> trials,
          const std::string& metric, absl::Time deadline)
      : stub_(std::move(stub)), trials_(trials), metric_(metric), deadline_(deadline) {}

  // The first error, after which no other call is begun.
  absl::Status Run(const std::string& address, const TextsTaker& take) {
    absl::Status status;
    for (Call& call : calls_) Start(&call);
    while (running_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      --running_;
      Call& call = *static_cast<Call*>(tag);
      if (status.ok()) status = ToStatus(call.status, address, trials_[call.trial]);
      if (!status.ok()) {
        next_ = trials_.size();
        for (Call& other : calls_) other.context->TryCancel();
        continue;
      }
      take(call.trial, TextsOf(call.reply.mutable_observation_log(), metric_));
      Start(&call);
    }
    return status;
  }

 private:
  struct Call {
    size_t trial = 0;
    std::unique_ptr<grpc::ClientContext> context = std::make_unique<grpc::ClientContext>();
    katib::GetObservationLogReply reply;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<katib::GetObservationLogReply>> reader;
  };

  // For the next trial, if there is one.
  void Start(Call* call) {
    if (next_ == trials_.size()) return;
    call->trial = next_++;
    call->context = std::make_unique<grpc::ClientContext>();
    call->context->set_deadline(
        std::chrono::system_clock::time_point(absl::ToChronoTime(deadline_)));
    katib::GetObservationLogRequest request;
    request.set_trial_name(trials_[call->trial]);
    request.set_metric_name(metric_);
    call->reader = stub_->AsyncGetObservationLog(call->context.get(), request, &queue_);
    call->reader->Finish(&call->reply, &call->status, call);
    ++running_;
  }

  const std::unique_ptr<katib::DBManager::Stub> stub_;
  const absl::Span<const std::string> trials_;
  const std::string& metric_;
  const absl::Time deadline_;
  grpc::CompletionQueue queue_;
  std::array<Call, kCallsAtATime> calls_;
  size_t next_ = 0;  // trial
  size_t running_ = 0;
};

}  // namespace

absl::Status DbManagerClient::Read(const std::string& address, absl::Span<const std::string> trials,
                                   const std::string& metric, absl::Time deadline,
                                   const TextsTaker& take) {
  QALAM_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, ChannelTo(address));
  return Reading(katib::DBManager::NewStub(channel), trials, metric, deadline).Run(address, take);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> DbManagerClient::ChannelTo(
    const std::string& address) {
  if (!IsHostAndPort(address)) {
    return absl::InvalidArgumentError(absl::StrCat("db_manager_address is \"", address,
                                                   "\"; it must be host:port, as ",
                                                   "katib-db-manager.kubeflow:6789"));
  }
  MutexLock lock(&mutex_);
  if (channels_.size() >= kMaxChannels && !channels_.contains(address)) channels_.clear();
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxBackoffMs);
    channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  return channel;
}

}  // namespace qalam
