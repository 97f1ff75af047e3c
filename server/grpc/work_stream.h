#ifndef QALAM_SERVER_GRPC_WORK_STREAM_H_
#define QALAM_SERVER_GRPC_WORK_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "core/clock.h"
#include "proto/qalam/v1/qalam.pb.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "server/grpc/call_guard.h"

namespace qalam {

// The stream of one client (qalam.v1.AskTell.Work), which owns itself until it is over. No thread
// waits for it. The arguments must outlive the server.
grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkReply>* StartWorkStream(AskTellEngine* engine,
                                                                         CallGuard* guard);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_WORK_STREAM_H_
