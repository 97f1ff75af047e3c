#ifndef QALAM_STORAGE_ROW_READER_H_
#define QALAM_STORAGE_ROW_READER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/records.h"
#include "storage/sqlite_connection.h"
#include "storage/store.h"

namespace qalam {

// Trial numbers lie in [0, 2^32), experiment ids in [1, 2^31 - 1).
inline constexpr int64_t kMaxTrialNumber = (int64_t{1} << 32) - 1;
inline constexpr int64_t kMaxExperiment = (int64_t{1} << 31) - 2;

// The row number of a trial (see migrations.cc); -1, which no trial has, when either is out of
// range.
inline int64_t TrialRow(int64_t experiment, int64_t number) {
  if (experiment < 1 || experiment > kMaxExperiment) return -1;
  if (number < 0 || number > kMaxTrialNumber) return -1;
  return experiment * (kMaxTrialNumber + 1) + number;
}

// The reading half of Store, on one connection; the contracts are Store's. Calls that need more
// than one statement want a transaction around them (ReadTrial to VisitMetrics).
absl::StatusOr<int64_t> ReadLastSequence(SqliteConnection* db);
// Whether changes wait to be put in their place (see ChangeWriter::Append).
absl::StatusOr<bool> HasPending(SqliteConnection* db);
absl::StatusOr<std::vector<ExperimentRecord>> ReadExperiments(SqliteConnection* db);
absl::StatusOr<ExperimentRecord> ReadExperiment(SqliteConnection* db, absl::string_view ns,
                                                absl::string_view name);
absl::StatusOr<TrialCounts> ReadTrialCounts(SqliteConnection* db, int64_t experiment);
absl::StatusOr<std::vector<EventRecord>> ReadEvents(SqliteConnection* db, int64_t experiment,
                                                    std::optional<int64_t> number, int64_t limit);

absl::StatusOr<StoredTrial> ReadTrial(SqliteConnection* db, int64_t experiment,
                                      absl::string_view name);
absl::StatusOr<StoredTrial> ReadTrial(SqliteConnection* db, int64_t experiment, int64_t number);
absl::StatusOr<std::optional<StoredTrial>> ReadBestTrial(SqliteConnection* db, int64_t experiment,
                                                         bool maximize);
absl::StatusOr<std::optional<StoredTrial>> ReadNearestTrial(SqliteConnection* db,
                                                            int64_t experiment);
absl::StatusOr<std::vector<StoredTrial>> ReadFrontTrials(SqliteConnection* db, int64_t experiment);
absl::Status VisitTrialRows(SqliteConnection* db, int64_t experiment, const TrialQuery& query,
                            const std::function<bool(StoredTrial)>& visit);
absl::Status VisitMetricRows(SqliteConnection* db, int64_t experiment, int64_t number,
                             const MetricQuery& query,
                             const std::function<bool(MetricPoint)>& visit);
// How many points are stored; 0 also when there is no such trial.
absl::StatusOr<int64_t> CountMetricRows(SqliteConnection* db, int64_t experiment, int64_t number,
                                        int attempt);

// NotFound for a trial that is not there.
absl::Status NoSuchTrial(int64_t experiment, int64_t number);

}  // namespace qalam

#endif  // QALAM_STORAGE_ROW_READER_H_
