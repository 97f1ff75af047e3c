#ifndef QALAM_STORAGE_SQLITE_CONNECTION_H_
#define QALAM_STORAGE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace qalam {

class SqliteConnection;

// Bytes, to be bound.
struct SqliteBlob {
  explicit SqliteBlob(absl::string_view value) : bytes(value) {}
  absl::string_view bytes;
};

// A prepared statement in use, with its parameters bound; it goes back to its connection's cache
// when destroyed. A statement is in use once at a time.
class SqliteQuery {
 public:
  SqliteQuery(SqliteQuery&& other) noexcept;
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;
  ~SqliteQuery();

  // Moves to the next row; false when there is none.
  absl::StatusOr<bool> Next();

  // Columns of the current row, from 0.
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Double(int column) const;
  absl::string_view Text(int column) const;  // valid until Next
  absl::string_view Blob(int column) const;  // valid until Next
  absl::Time Time(int column) const;
  std::optional<int64_t> OptionalInt(int column) const;
  std::optional<double> OptionalDouble(int column) const;
  std::optional<absl::Time> OptionalTime(int column) const;

 private:
  friend class SqliteConnection;
  SqliteQuery(SqliteConnection* db, sqlite3_stmt* statement, absl::Status status)
      : db_(db), statement_(statement), status_(std::move(status)) {}

  // Texts are copied: a query outlives the arguments it was made with.
  void Bind(int index, int64_t value);
  void Bind(int index, int value) { Bind(index, static_cast<int64_t>(value)); }
  void Bind(int index, double value);
  void Bind(int index, absl::string_view value);
  void Bind(int index, const SqliteBlob& value);
  void Bind(int index, absl::Time value) { Bind(index, absl::ToUnixNanos(value)); }
  void BindNull(int index);
  template <typename T>
  void Bind(int index, const std::optional<T>& value) {
    value.has_value() ? Bind(index, *value) : BindNull(index);
  }
  void Note(int code);

  SqliteConnection* db_;
  sqlite3_stmt* statement_;  // null after a move and when it could not be prepared
  absl::Status status_;      // of preparing and binding; told by Next
};

// One connection to an SQLite file in write-ahead-log mode. Used by one thread at a time; many
// connections to the same file may be used at once, by many processes.
class SqliteConnection {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  // Opens an existing file (an empty one is a new database). Page cache of `cache_kib` KiB.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path, Mode mode,
                                                                int cache_kib);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs statements without parameters and without a use for their rows.
  absl::Status Execute(const char* sql);

  // Starts a statement. `sql` is a constant: its address names the prepared statement in the cache.
  // Parameters are bound in order: integers, doubles (NaN, which SQLite does not have, as the text
  // 'nan'), texts, times (as nanoseconds since 1970) and optionals of them.
  template <typename... Args>
  SqliteQuery Select(const char* sql, const Args&... args) {
    SqliteQuery query = Prepare(sql);
    int index = 0;
    (query.Bind(++index, args), ...);
    return query;
  }
  // Runs a statement to its end.
  template <typename... Args>
  absl::Status Run(const char* sql, const Args&... args) {
    return Select(sql, args...).Next().status();
  }

  // Rows changed, and the row number given, by the last statement.
  int64_t Changes() const;
  int64_t LastRowId() const;
  bool InTransaction() const;
  // Pages in the write-ahead log as of the last commit of this connection.
  int WalPages() const { return wal_pages_; }
  // Copies the log into the file as far as readers allow; with `restart`, waits up to a second for
  // readers so that the log starts again at its beginning. Failing is harmless: the log stays
  // longer.
  void Checkpoint(bool restart);

  const std::string& path() const { return path_; }
  absl::Status Error(int code) const;

 private:
  explicit SqliteConnection(std::string path) : path_(std::move(path)) {}
  SqliteQuery Prepare(const char* sql);
  absl::Status Configure(Mode mode, int cache_kib);
  absl::Status EnterWalMode();
  static int OnBusy(void* self, int calls);
  static int OnWal(void* self, sqlite3* db, const char* schema, int pages);

  const std::string path_;
  sqlite3* db_ = nullptr;
  int busy_timeout_ms_;
  int wal_pages_ = 0;
  absl::flat_hash_map<const void*, sqlite3_stmt*> statements_;
};

// Makes the file of a database, where there is none, with a mode of ours before SQLite makes it
// with its own; the log and the index that SQLite puts beside it get the same mode.
absl::Status CreateDatabaseFile(const std::string& path);

// A transaction, rolled back when destroyed before Commit.
class SqliteTransaction {
 public:
  enum class Kind {
    kWrite,  // takes the write lock at once, so it never fails half way for another process
    kRead,   // one snapshot for all statements
  };
  static absl::StatusOr<SqliteTransaction> Begin(SqliteConnection* db, Kind kind);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  ~SqliteTransaction();

  // On disk when this returns OK; nothing written otherwise.
  absl::Status Commit();

 private:
  explicit SqliteTransaction(SqliteConnection* db) : db_(db) {}
  SqliteConnection* db_;  // null when over
};

}  // namespace qalam

#endif  // QALAM_STORAGE_SQLITE_CONNECTION_H_
