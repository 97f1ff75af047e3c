#ifndef QALAM_SERVER_GRPC_CALL_GUARD_H_
#define QALAM_SERVER_GRPC_CALL_GUARD_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mutex.h"

namespace qalam {

// What every call goes through: as many at a time as there is room for, others wait until their
// deadline; exceptions of libraries become statuses; slow calls and our own faults are logged.
class CallGuard {
 public:
  struct Options {
    int concurrency = 8;  // calls that are worked on at a time
    absl::Duration slow = absl::Seconds(1);
    // Called with one JSON object a line, without the line's end; from any thread.
    std::function<void(const std::string&)> log;
    const Clock* clock = nullptr;
  };

  explicit CallGuard(Options options) : options_(std::move(options)) {}

  const Clock& clock() const { return *options_.clock; }

  // Runs `call`, which may add to the fields that are logged. Cancelled or DeadlineExceeded,
  // without running it, when nobody waits for the answer any more.
  grpc::Status Run(absl::string_view method, const grpc::ServerContext& context,
                   const std::function<absl::Status(Json* fields)>& call)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for calls that wait for others rather than work: at once, and slow ones are no news.
  grpc::Status RunWaiting(absl::string_view method,
                          const std::function<absl::Status(Json* fields)>& call);

 private:
  absl::Status TakeTurn(const grpc::ServerContext& context) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndTurn() ABSL_LOCKS_EXCLUDED(mutex_);
  void Log(absl::string_view method, absl::Duration took, const absl::Status& status,
           const Json& fields) const;

  const Options options_;
  Mutex mutex_;
  CondVar turn_ended_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_CALL_GUARD_H_
