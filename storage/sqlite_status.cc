#include "storage/sqlite_status.h"

#include <sqlite3.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

bool MeansNoSpace(int error) { return error == ENOSPC || error == EDQUOT; }

// The folder's file system has less room than a page or two. Asked only after a write has failed in
// a way that does not tell why: SQLite reports some full disks as mere I/O errors.
bool FolderIsFull(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct statvfs info;
  if (statvfs(folder.empty() ? "." : folder.c_str(), &info) != 0) return false;
  constexpr uint64_t kEnough = uint64_t{64} << 10;
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize < kEnough;
}

absl::Status FullStatus(const std::string& path) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the store ", path, " cannot be written: the disk is full; what was stored is safe, ",
      "this change was not written: make room, then repeat it"));
}

absl::Status DeniedStatus(const std::string& path, absl::string_view reason) {
  return absl::PermissionDeniedError(
      absl::StrCat("the store ", path, " cannot be opened for writing: ", reason,
                   "; check who owns the file and its folder, or choose another data folder"));
}

absl::Status DamagedStatus(const std::string& path, absl::string_view reason) {
  return absl::DataLossError(absl::StrCat("the store ", path, " is damaged: ", reason,
                                          "; restore a backup of it, or save what can be read ",
                                          "with: sqlite3 ", path,
                                          " .recover | sqlite3 recovered.db"));
}

absl::Status InputOutputStatus(sqlite3* db, const std::string& path, absl::string_view reason) {
  const int error = db == nullptr ? 0 : sqlite3_system_errno(db);
  if (MeansNoSpace(error) || FolderIsFull(path)) return FullStatus(path);
  if (error == EACCES || error == EPERM || error == EROFS) {
    return DeniedStatus(path, std::strerror(error));
  }
  return absl::UnavailableError(
      absl::StrCat("the store ", path, " cannot be read or written: ", reason,
                   error == 0 ? "" : absl::StrCat(" (", std::strerror(error), ")"),
                   "; check the disk, then repeat the call"));
}

absl::Status ConstraintStatus(int code, const std::string& path, absl::string_view reason) {
  const std::string text = absl::StrCat("the store ", path, ": ", reason);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return absl::AlreadyExistsError(text);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return absl::NotFoundError(text);
    default:
      return absl::InternalError(text);
  }
}

}  // namespace

absl::Status SqliteStatus(int code, sqlite3* db, const std::string& path) {
  const int primary = code & 0xff;
  // The connection's message describes its latest error, which is this one when the codes agree.
  const bool own_message = db != nullptr && (sqlite3_extended_errcode(db) & 0xff) == primary;
  const std::string reason = own_message ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  switch (primary) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return absl::OkStatus();
    case SQLITE_FULL:
      return FullStatus(path);
    case SQLITE_IOERR:
      return InputOutputStatus(db, path, reason);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return absl::UnavailableError(absl::StrCat(
          "the store ", path, " is locked by another process: ", "it did not let go for ",
          kBusyTimeoutMs / 1000, " s; try again"));
    case SQLITE_CORRUPT:
      return DamagedStatus(path, reason);
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(
          path, " is not an SQLite database (it is damaged, or another kind of file); ",
          "restore a backup, move it away, or choose another data folder"));
    case SQLITE_CANTOPEN:
      if (db != nullptr && MeansNoSpace(sqlite3_system_errno(db))) return FullStatus(path);
      return DeniedStatus(path, reason);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return DeniedStatus(path, reason);
    case SQLITE_CONSTRAINT:
      return ConstraintStatus(code, path, reason);
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(absl::StrCat("the store ", path, ": out of memory"));
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError(
          absl::StrCat("the store ", path, ": a text of more than 1 GB cannot be stored"));
    default:
      return absl::InternalError(
          absl::StrCat("the store ", path, ": ", reason, " (SQLite ", code, ")"));
  }
}

absl::Status SystemStatus(int error, absl::string_view doing, const std::string& path) {
  const std::string text = absl::StrCat("cannot ", doing, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(absl::StrCat(text, "; create its folder first"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          absl::StrCat(text, "; check who owns the folder, or choose another data folder"));
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(text, "; make room, then try again"));
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(absl::StrCat(text, "; raise the limit (ulimit -n)"));
    default:
      return absl::FailedPreconditionError(text);
  }
}

}  // namespace qalam
