#include "server/grpc/call_guard.h"

#include <chrono>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// How often a call that waits looks whether its client is still there.
constexpr absl::Duration kLook = absl::Milliseconds(50);

absl::Status RunCaught(const std::function<absl::Status(Json*)>& call, Json* fields) {
  try {
    return call(fields);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("the server has not enough memory for this call");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes are the same numbers.
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

bool IsOurFault(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsDataLoss(status) || absl::IsUnknown(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

grpc::Status CallGuard::Run(absl::string_view method, const grpc::ServerContext& context,
                            const std::function<absl::Status(Json* fields)>& call) {
  const auto start = std::chrono::steady_clock::now();
  Json fields = Json::object();
  absl::Status status = TakeTurn(context);
  if (status.ok()) {
    status = RunCaught(call, &fields);
    EndTurn();
  }
  const absl::Duration took = absl::FromChrono(std::chrono::steady_clock::now() - start);
  if (took >= options_.slow || IsOurFault(status)) Log(method, took, status, fields);
  return ToGrpc(status);
}

grpc::Status CallGuard::RunWaiting(absl::string_view method,
                                   const std::function<absl::Status(Json* fields)>& call) {
  Json fields = Json::object();
  const absl::Status status = RunCaught(call, &fields);
  if (IsOurFault(status)) Log(method, absl::ZeroDuration(), status, fields);
  return ToGrpc(status);
}

absl::Status CallGuard::TakeTurn(const grpc::ServerContext& context) {
  MutexLock lock(&mutex_);
  while (true) {
    if (context.IsCancelled()) return absl::CancelledError("the client has gone");
    if (context.deadline() <=
        std::chrono::system_clock::time_point(absl::ToChronoTime(options_.clock->Now()))) {
      return absl::DeadlineExceededError("the deadline passed before the call's turn came");
    }
    if (running_ < options_.concurrency) break;
    turn_ended_.WaitWithTimeout(&mutex_, kLook);
  }
  ++running_;
  return absl::OkStatus();
}

void CallGuard::EndTurn() {
  MutexLock lock(&mutex_);
  --running_;
  turn_ended_.NotifyOne();
}

void CallGuard::Log(absl::string_view method, absl::Duration took, const absl::Status& status,
                    const Json& fields) const {
  if (!options_.log) return;
  Json line = {
      {"time", absl::FormatTime(absl::RFC3339_full, options_.clock->Now(), absl::UTCTimeZone())},
      {"event", IsOurFault(status) ? "failed call" : "slow call"},
      {"method", std::string(method)},
      {"ms", absl::ToInt64Milliseconds(took)},
      {"code", absl::StatusCodeToString(status.code())}};
  if (!status.ok()) line["message"] = std::string(status.message());
  line.update(fields);
  options_.log(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace qalam
