#ifndef QALAM_STORAGE_SQLITE_STATUS_H_
#define QALAM_STORAGE_SQLITE_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct sqlite3;

namespace qalam {

// How long a connection waits for another process before it gives up, in milliseconds.
inline constexpr int kBusyTimeoutMs = 10000;

// What an SQLite result code means to callers of a Store (see Store for the codes), with the file's
// path and the way out. `code` may be extended; `db` may be null when there is no connection yet.
absl::Status SqliteStatus(int code, sqlite3* db, const std::string& path);

// What an error of a system call on `path` means; `doing` completes "cannot ...".
absl::Status SystemStatus(int error, absl::string_view doing, const std::string& path);

}  // namespace qalam

#endif  // QALAM_STORAGE_SQLITE_STATUS_H_
