#ifndef QALAM_SERVER_GRPC_ASK_TELL_CALLS_H_
#define QALAM_SERVER_GRPC_ASK_TELL_CALLS_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/qalam/v1/qalam.pb.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "storage/store.h"

namespace qalam {

// The calls of qalam.v1.AskTell, from message to message. `wanted` tells whether the client still
// waits.

absl::Status AnswerCreateExperiment(AskTellEngine* engine,
                                    const v1::CreateExperimentRequest& request,
                                    v1::CreateExperimentReply* reply);

absl::Status AnswerGetExperiment(const Store& store, const v1::GetExperimentRequest& request,
                                 v1::GetExperimentReply* reply);

// Waits at most `left`, whatever the request says.
absl::Status AnswerAsk(AskTellEngine* engine, const v1::AskRequest& request, absl::Duration left,
                       const std::function<bool()>& wanted, v1::AskReply* reply);

absl::Status AnswerReport(AskTellEngine* engine, const v1::ReportRequest& request,
                          v1::ReportReply* reply);

absl::Status AnswerTell(AskTellEngine* engine, const v1::TellRequest& request,
                        v1::TellReply* reply);

// Until the experiment has ended. `begun` is called as soon as nothing more is missed; `write`
// answers false when nobody reads any more.
absl::Status AnswerWatch(AskTellEngine* engine, const v1::WatchRequest& request,
                         const std::function<bool()>& wanted, const std::function<void()>& begun,
                         const std::function<bool(const v1::TrialEvent&)>& write);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_ASK_TELL_CALLS_H_
