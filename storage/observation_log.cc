#include "storage/observation_log.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "core/status_macros.h"
#include "storage/sqlite_connection.h"

namespace qalam {
namespace {

constexpr int kCacheKib = 2048;
// Pages in the log of writes before they are copied into the file.
constexpr int kObservationCheckpointPages = 1000;

// A time is its whole second since 1970, rounded down, and the nanoseconds after it: one number
// would not reach to the year 1, which stands for no time in what collectors send.
constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS observations(
  id INTEGER PRIMARY KEY,
  trial TEXT NOT NULL,
  second INTEGER NOT NULL,
  nanosecond INTEGER NOT NULL,
  metric TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS observations_by_trial ON observations(trial, second, nanosecond);
)sql";

struct SplitTime {
  int64_t second = 0;
  int64_t nanosecond = 0;
};

SplitTime Split(absl::Time time) {
  const int64_t second = absl::ToUnixSeconds(time);
  return {second, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(second))};
}

constexpr SplitTime kFirst = {std::numeric_limits<int64_t>::min(), 0};
constexpr SplitTime kLast = {std::numeric_limits<int64_t>::max(), 0};

}  // namespace

ObservationLog::ObservationLog(std::unique_ptr<SqliteConnection> connection)
    : db_(std::move(connection)) {}

ObservationLog::~ObservationLog() = default;

absl::StatusOr<std::unique_ptr<ObservationLog>> ObservationLog::Open(const std::string& path) {
  QALAM_RETURN_IF_ERROR(CreateDatabaseFile(path));
  QALAM_ASSIGN_OR_RETURN(
      std::unique_ptr<SqliteConnection> connection,
      SqliteConnection::Open(path, SqliteConnection::Mode::kReadWrite, kCacheKib));
  QALAM_RETURN_IF_ERROR(connection->Execute(kSchema));
  return std::unique_ptr<ObservationLog>(new ObservationLog(std::move(connection)));
}

absl::Status ObservationLog::Add(absl::string_view trial, absl::Span<const ObservationRow> rows) {
  if (rows.empty()) return absl::OkStatus();
  MutexLock lock(&mutex_);
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db_.get(), SqliteTransaction::Kind::kWrite));
  for (const ObservationRow& row : rows) {
    const SplitTime time = Split(row.time);
    QALAM_RETURN_IF_ERROR(
        db_->Run("INSERT INTO observations(trial, second, nanosecond, metric, text) "
                 "VALUES(?, ?, ?, ?, ?)",
                 trial, time.second, time.nanosecond, absl::string_view(row.metric),
                 absl::string_view(row.text)));
  }
  QALAM_RETURN_IF_ERROR(transaction.Commit());
  if (db_->WalPages() > kObservationCheckpointPages) db_->Checkpoint(/*restart=*/false);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ObservationRow>> ObservationLog::Read(const Query& query) const {
  const SplitTime first = query.first.has_value() ? Split(*query.first) : kFirst;
  const SplitTime last = query.last.has_value() ? Split(*query.last) : kLast;
  std::vector<ObservationRow> rows;
  MutexLock lock(&mutex_);
  SqliteQuery selected = db_->Select(
      "SELECT second, nanosecond, metric, text FROM observations "
      "WHERE trial = ?1 AND (?2 = '' OR metric = ?2) AND (second, nanosecond) >= (?3, ?4) AND "
      "(second, nanosecond) <= (?5, ?6) ORDER BY second, nanosecond, id",
      absl::string_view(query.trial), absl::string_view(query.metric), first.second,
      first.nanosecond, last.second, last.nanosecond);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, selected.Next());
    if (!found) return rows;
    rows.push_back(
        {.time = absl::FromUnixSeconds(selected.Int(0)) + absl::Nanoseconds(selected.Int(1)),
         .metric = std::string(selected.Text(2)),
         .text = std::string(selected.Text(3))});
  }
}

absl::Status ObservationLog::Delete(absl::string_view trial) {
  MutexLock lock(&mutex_);
  return db_->Run("DELETE FROM observations WHERE trial = ?", trial);
}

}  // namespace qalam
