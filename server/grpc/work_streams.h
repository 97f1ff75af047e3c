#ifndef QALAM_SERVER_GRPC_WORK_STREAMS_H_
#define QALAM_SERVER_GRPC_WORK_STREAMS_H_

#include <grpcpp/completion_queue.h>

#include <functional>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "server/grpc/call_guard.h"

namespace qalam {

// The streams of clients (qalam.v1.AskTell.Work), which share one thread: none waits for an answer.
//
// It has a queue of its own, as gRPC's threads for callbacks stop every large message of the other
// calls for a moment once a second.
class WorkStreams {
 public:
  using Service = v1::AskTell::WithAsyncMethod_Work<v1::AskTell::Service>;

  // Of a server that runs, with a queue of it. The others must outlive the object.
  WorkStreams(AskTellEngine* engine, CallGuard* guard, Service* service,
              std::unique_ptr<grpc::ServerCompletionQueue> queue);
  // After the end of the server, which ends the streams.
  ~WorkStreams();
  WorkStreams(const WorkStreams&) = delete;
  WorkStreams& operator=(const WorkStreams&) = delete;

 private:
  class Stream;
  // What the queue gives back: called with whether the step succeeded.
  using Tag = std::function<void(bool)>;

  AskTellEngine* const engine_;
  CallGuard* const guard_;
  Service* const service_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Mutex mutex_;
  CondVar died_;
  int alive_ ABSL_GUARDED_BY(mutex_) = 0;  // streams, the one that waits for a client included
  std::thread thread_;
};

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_WORK_STREAMS_H_
