#ifndef QALAM_SERVER_GRPC_ASK_TELL_SERVICE_H_
#define QALAM_SERVER_GRPC_ASK_TELL_SERVICE_H_

#include <memory>

#include "core/clock.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "server/grpc/call_guard.h"
#include "server/grpc/work_streams.h"
#include "storage/store.h"

namespace qalam {

// qalam.v1.AskTell, but for the streams, which need WorkStreams. All arguments must outlive the
// service.
std::unique_ptr<WorkStreams::Service> MakeAskTellService(AskTellEngine* engine, const Store* store,
                                                         const Clock* clock, CallGuard* guard);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_ASK_TELL_SERVICE_H_
