// Any bytes as a report of observations and as a question for them: no crash, no undefined
// behaviour, and rows that are taken come out as they went in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "server/grpc/observation_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  api::v1::beta1::GetObservationLogRequest question;
  if (question.ParseFromArray(data, static_cast<int>(size))) {
    qalam::QueryOf(question).status().IgnoreError();
  }
  api::v1::beta1::ReportObservationLogRequest report;
  if (!report.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto rows = qalam::RowsOf(report.observation_log());
  if (!rows.ok()) return 0;
  api::v1::beta1::ObservationLog log;
  qalam::WriteRows(*rows, &log);
  const auto again = qalam::RowsOf(log);
  if (!again.ok() || *again != *rows) abort();
  return 0;
}
