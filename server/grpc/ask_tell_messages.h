#ifndef QALAM_SERVER_GRPC_ASK_TELL_MESSAGES_H_
#define QALAM_SERVER_GRPC_ASK_TELL_MESSAGES_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/qalam/v1/qalam.pb.h"
#include "server/ask_tell/ask_tell_engine.h"

namespace qalam {

// Messages of qalam.v1 as AskTellEngine takes and gives them. Reading answers InvalidArgument, with
// the field, the value and what is allowed.

ExperimentName NameOf(const v1::ExperimentName& name);
void WriteTrial(const HandedTrial& trial, v1::Trial* message);

// Waits at most `left`, whatever the request says.
absl::StatusOr<AskTellEngine::Asking> ReadAsk(const v1::AskRequest& request, absl::Duration left);
void WriteAsked(const AskTellEngine::Asked& asked, v1::AskReply* reply);

// Of the result, AskTellEngine::Report takes experiment, claim and metrics.
absl::StatusOr<AskTellEngine::Telling> ReadReport(const v1::ReportRequest& request);
void WriteReported(const AskTellEngine::Told& told, v1::ReportReply* reply);

absl::StatusOr<AskTellEngine::Telling> ReadTell(const v1::TellRequest& request);
// But for the next trial.
void WriteTold(const AskTellEngine::Told& told, v1::TellReply* reply);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_ASK_TELL_MESSAGES_H_
