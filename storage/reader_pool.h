#ifndef QALAM_STORAGE_READER_POOL_H_
#define QALAM_STORAGE_READER_POOL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/mutex.h"
#include "storage/sqlite_connection.h"

namespace qalam {

// Read-only connections to one file: as many as there are readers at a time, of which a few are
// kept for the next ones. Any thread may call it. In write-ahead-log mode readers wait for no
// writer.
class ReaderPool {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}

  // A connection with one snapshot of the store open; goes back to the pool when destroyed.
  class Reader {
   public:
    Reader(Reader&& other) noexcept = default;
    ~Reader();
    SqliteConnection* db() const { return connection_.get(); }

   private:
    friend class ReaderPool;
    Reader(ReaderPool* pool, std::unique_ptr<SqliteConnection> connection,
           SqliteTransaction snapshot);
    ReaderPool* pool_;
    std::unique_ptr<SqliteConnection> connection_;  // null after a move
    std::unique_ptr<SqliteTransaction> snapshot_;
  };
  absl::StatusOr<Reader> Take();

 private:
  void Return(std::unique_ptr<SqliteConnection> connection);

  const std::string path_;
  Mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_STORAGE_READER_POOL_H_
