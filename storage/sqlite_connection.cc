#include "storage/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "storage/sqlite_status.h"

namespace qalam {
namespace {

constexpr int kRestartTimeoutMs = 1000;
// A log that some large transaction has stretched is cut back to this when it starts again.
constexpr int kWalBytesKept = 32 << 20;

}  // namespace

SqliteQuery::SqliteQuery(SqliteQuery&& other) noexcept
    : db_(other.db_),
      statement_(std::exchange(other.statement_, nullptr)),
      status_(std::move(other.status_)) {}

SqliteQuery::~SqliteQuery() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);  // frees the copies of large texts
}

absl::StatusOr<bool> SqliteQuery::Next() {
  QALAM_RETURN_IF_ERROR(status_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  status_ = db_->Error(code);
  return status_;
}

bool SqliteQuery::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t SqliteQuery::Int(int column) const { return sqlite3_column_int64(statement_, column); }

double SqliteQuery::Double(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_TEXT) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sqlite3_column_double(statement_, column);
}

absl::string_view SqliteQuery::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return absl::string_view();
  return absl::string_view(text, sqlite3_column_bytes(statement_, column));
}

absl::string_view SqliteQuery::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return absl::string_view();
  return absl::string_view(bytes, sqlite3_column_bytes(statement_, column));
}

absl::Time SqliteQuery::Time(int column) const { return absl::FromUnixNanos(Int(column)); }

std::optional<int64_t> SqliteQuery::OptionalInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<double> SqliteQuery::OptionalDouble(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Double(column);
}

std::optional<absl::Time> SqliteQuery::OptionalTime(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

void SqliteQuery::Note(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = db_->Error(code);
}

void SqliteQuery::Bind(int index, int64_t value) {
  if (statement_ != nullptr) Note(sqlite3_bind_int64(statement_, index, value));
}

void SqliteQuery::Bind(int index, double value) {
  if (std::isnan(value)) return Bind(index, absl::string_view("nan"));
  if (statement_ != nullptr) Note(sqlite3_bind_double(statement_, index, value));
}

void SqliteQuery::Bind(int index, absl::string_view value) {
  if (statement_ == nullptr) return;
  // A null pointer would mean NULL rather than the empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  Note(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void SqliteQuery::Bind(int index, const SqliteBlob& value) {
  if (statement_ == nullptr) return;
  Note(sqlite3_bind_blob64(statement_, index, value.bytes.data(), value.bytes.size(),
                           SQLITE_TRANSIENT));
}

void SqliteQuery::BindNull(int index) {
  if (statement_ != nullptr) Note(sqlite3_bind_null(statement_, index));
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         Mode mode, int cache_kib) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(path));
  const int access = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  // No mutex of SQLite's own: who holds a connection is our pool's and writer's business.
  const int code = sqlite3_open_v2(path.c_str(), &connection->db_, access | SQLITE_OPEN_NOMUTEX,
                                   /*zVfs=*/nullptr);
  if (code != SQLITE_OK) return connection->Error(code);
  QALAM_RETURN_IF_ERROR(connection->Configure(mode, cache_kib));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  while (sqlite3_stmt* statement = sqlite3_next_stmt(db_, nullptr)) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status SqliteConnection::Configure(Mode mode, int cache_kib) {
  sqlite3_extended_result_codes(db_, 1);
  busy_timeout_ms_ = kBusyTimeoutMs;
  sqlite3_busy_handler(db_, &OnBusy, this);
  const std::string settings = absl::StrCat(
      "PRAGMA cache_size=-", cache_kib, "; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;",
      "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=", kWalBytesKept);
  QALAM_RETURN_IF_ERROR(Execute(settings.c_str()));
  if (mode == Mode::kReadOnly) return absl::OkStatus();
  // SQLite opens what it may not write for reading only.
  if (sqlite3_db_readonly(db_, "main") == 1) return Error(SQLITE_READONLY);
  QALAM_RETURN_IF_ERROR(EnterWalMode());
  sqlite3_wal_hook(db_, &OnWal, this);  // in place of SQLite's own automatic checkpoint
  return absl::OkStatus();
}

absl::Status SqliteConnection::EnterWalMode() {
  // When two processes open a new file at once, SQLite refuses one of them without asking its busy
  // handler (waiting could deadlock), so the wait is here.
  for (int waited_ms = 0;; ++waited_ms) {
    SqliteQuery query = Select("PRAGMA journal_mode=WAL");
    const absl::StatusOr<bool> found = query.Next();
    if (found.ok() && query.Text(0) == "wal") return absl::OkStatus();
    if (found.ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the store ", path_, " is on a file system without shared memory (a network ",
          "one?); choose a data folder on a local disk"));
    }
    if (!absl::IsUnavailable(found.status()) || waited_ms >= kBusyTimeoutMs) return found.status();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Asks again each millisecond. SQLite's own handler backs off to 100 ms, which starves a process
// that competes with one that writes all the time.
int SqliteConnection::OnBusy(void* self, int calls) {
  if (calls >= static_cast<SqliteConnection*>(self)->busy_timeout_ms_) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return 1;
}

int SqliteConnection::OnWal(void* self, sqlite3*, const char*, int pages) {
  static_cast<SqliteConnection*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

void SqliteConnection::Checkpoint(bool restart) {
  busy_timeout_ms_ = restart ? kRestartTimeoutMs : kBusyTimeoutMs;
  sqlite3_wal_checkpoint_v2(db_, nullptr,
                            restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  busy_timeout_ms_ = kBusyTimeoutMs;
}

absl::Status SqliteConnection::Execute(const char* sql) {
  return Error(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr));
}

SqliteQuery SqliteConnection::Prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[static_cast<const void*>(sql)];
  if (statement != nullptr) return SqliteQuery(this, statement, absl::OkStatus());
  const int code =
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, /*pzTail=*/nullptr);
  return SqliteQuery(this, statement, Error(code));
}

int64_t SqliteConnection::Changes() const { return sqlite3_changes64(db_); }

int64_t SqliteConnection::LastRowId() const { return sqlite3_last_insert_rowid(db_); }

bool SqliteConnection::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

absl::Status SqliteConnection::Error(int code) const { return SqliteStatus(code, db_, path_); }

absl::Status CreateDatabaseFile(const std::string& path) {
  // An existing file is not opened: closing it would drop the locks that another store of this
  // process has on it.
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EEXIST ? absl::OkStatus() : SystemStatus(errno, "create", path);
  close(fd);
  return absl::OkStatus();
}

absl::StatusOr<SqliteTransaction> SqliteTransaction::Begin(SqliteConnection* db, Kind kind) {
  QALAM_RETURN_IF_ERROR(kind == Kind::kWrite ? db->Run("BEGIN IMMEDIATE") : db->Run("BEGIN"));
  return SqliteTransaction(db);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // A full disk may have made SQLite roll back by itself already.
  if (db_ != nullptr && db_->InTransaction()) db_->Run("ROLLBACK").IgnoreError();
}

absl::Status SqliteTransaction::Commit() {
  QALAM_RETURN_IF_ERROR(db_->Run("COMMIT"));
  db_ = nullptr;
  return absl::OkStatus();
}

}  // namespace qalam
