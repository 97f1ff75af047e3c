#include <memory>
#include <utility>

#include "core/mutex.h"
#include "core/status_macros.h"
#include "storage/change_writer.h"
#include "storage/migrations.h"
#include "storage/reader_pool.h"
#include "storage/row_reader.h"
#include "storage/sqlite_connection.h"
#include "storage/store.h"

namespace qalam {
namespace {

constexpr int kWriterCacheKib = 3072;

// A Store in one SQLite file: a connection that writes, under a mutex, and a pool of those that
// read.
class SqliteStore final : public Store {
 public:
  explicit SqliteStore(std::unique_ptr<SqliteConnection> connection)
      : connection_(std::move(connection)),
        writer_(connection_.get()),
        readers_(connection_->path()) {}

  ~SqliteStore() override {
    MutexLock lock(&mutex_);
    // Whoever opens it next would do it else.
    writer_.ApplyPending().IgnoreError();
  }

  absl::StatusOr<ExperimentRecord> CreateExperiment(const ExperimentRecord& record) override {
    MutexLock lock(&mutex_);
    return writer_.CreateExperiment(record);
  }
  absl::StatusOr<int64_t> Commit(absl::Span<const Change> changes) override {
    MutexLock lock(&mutex_);
    return writer_.Commit(changes);
  }
  absl::StatusOr<int64_t> Append(std::vector<Change> changes) override {
    MutexLock lock(&mutex_);
    return writer_.Append(std::move(changes));
  }
  absl::Status DeleteExperiment(int64_t experiment) override {
    {
      MutexLock lock(&mutex_);
      QALAM_RETURN_IF_ERROR(writer_.MarkDeleted(experiment));
    }
    // The lock is let go between the pieces: other experiments go on.
    for (bool more = true; more;) {
      MutexLock lock(&mutex_);
      QALAM_ASSIGN_OR_RETURN(more, writer_.PurgeSome());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> LastSequence() const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, readers_.Take());
    return ReadLastSequence(reader.db());
  }
  absl::StatusOr<std::vector<ExperimentRecord>> ListExperiments() const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadExperiments(reader.db());
  }
  absl::StatusOr<ExperimentRecord> GetExperiment(absl::string_view ns,
                                                 absl::string_view name) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadExperiment(reader.db(), ns, name);
  }
  absl::StatusOr<TrialCounts> CountTrials(int64_t experiment) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadTrialCounts(reader.db(), experiment);
  }
  absl::Status VisitTrials(int64_t experiment, const TrialQuery& query,
                           const std::function<bool(StoredTrial)>& visit) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return VisitTrialRows(reader.db(), experiment, query, visit);
  }
  absl::StatusOr<StoredTrial> GetTrial(int64_t experiment, absl::string_view name) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadTrial(reader.db(), experiment, name);
  }
  absl::StatusOr<StoredTrial> GetTrialByNumber(int64_t experiment, int64_t number) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadTrial(reader.db(), experiment, number);
  }
  absl::StatusOr<std::optional<StoredTrial>> BestTrial(int64_t experiment,
                                                       bool maximize) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadBestTrial(reader.db(), experiment, maximize);
  }
  absl::StatusOr<std::optional<StoredTrial>> NearestTrial(int64_t experiment) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadNearestTrial(reader.db(), experiment);
  }
  absl::StatusOr<std::vector<StoredTrial>> FrontTrials(int64_t experiment) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadFrontTrials(reader.db(), experiment);
  }
  absl::Status VisitMetrics(int64_t experiment, int64_t number, const MetricQuery& query,
                            const std::function<bool(MetricPoint)>& visit) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return VisitMetricRows(reader.db(), experiment, number, query, visit);
  }
  absl::StatusOr<int64_t> CountMetrics(int64_t experiment, int64_t number,
                                       int attempt) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return CountMetricRows(reader.db(), experiment, number, attempt);
  }
  absl::StatusOr<std::vector<EventRecord>> ListEvents(int64_t experiment,
                                                      std::optional<int64_t> number,
                                                      int64_t limit) const override {
    QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, Read());
    return ReadEvents(reader.db(), experiment, number, limit);
  }

 private:
  // A snapshot with all that was appended before, by whichever process, in its place.
  absl::StatusOr<ReaderPool::Reader> Read() const ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      QALAM_ASSIGN_OR_RETURN(ReaderPool::Reader reader, readers_.Take());
      QALAM_ASSIGN_OR_RETURN(const bool pending, HasPending(reader.db()));
      if (!pending) return reader;
    }
    {
      MutexLock lock(&mutex_);
      QALAM_RETURN_IF_ERROR(writer_.ApplyPending());
    }
    return readers_.Take();
  }

  mutable Mutex mutex_;  // over the writing connection
  const std::unique_ptr<SqliteConnection> connection_;
  mutable ChangeWriter writer_ ABSL_GUARDED_BY(mutex_);
  // Destroyed first: the connection that closes last, the writing one, tidies the log away.
  mutable ReaderPool readers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path) {
  QALAM_RETURN_IF_ERROR(CreateDatabaseFile(path));
  QALAM_ASSIGN_OR_RETURN(
      std::unique_ptr<SqliteConnection> connection,
      SqliteConnection::Open(path, SqliteConnection::Mode::kReadWrite, kWriterCacheKib));
  QALAM_RETURN_IF_ERROR(Migrate(connection.get()));
  return std::make_unique<SqliteStore>(std::move(connection));
}

}  // namespace qalam
