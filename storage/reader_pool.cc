#include "storage/reader_pool.h"

#include <utility>

#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr size_t kMaxIdle = 4;
constexpr int kReaderCacheKib = 512;

}  // namespace

ReaderPool::Reader::Reader(ReaderPool* pool, std::unique_ptr<SqliteConnection> connection,
                           SqliteTransaction snapshot)
    : pool_(pool),
      connection_(std::move(connection)),
      snapshot_(std::make_unique<SqliteTransaction>(std::move(snapshot))) {}

ReaderPool::Reader::~Reader() {
  if (connection_ == nullptr) return;
  snapshot_.reset();
  pool_->Return(std::move(connection_));
}

absl::StatusOr<ReaderPool::Reader> ReaderPool::Take() {
  std::unique_ptr<SqliteConnection> connection;
  {
    MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    QALAM_ASSIGN_OR_RETURN(
        connection,
        SqliteConnection::Open(path_, SqliteConnection::Mode::kReadOnly, kReaderCacheKib));
  }
  QALAM_ASSIGN_OR_RETURN(
      SqliteTransaction snapshot,
      SqliteTransaction::Begin(connection.get(), SqliteTransaction::Kind::kRead));
  return Reader(this, std::move(connection), std::move(snapshot));
}

void ReaderPool::Return(std::unique_ptr<SqliteConnection> connection) {
  MutexLock lock(&mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
}

}  // namespace qalam
