#include "controller/data_dir.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/job.h"

namespace qalam {
namespace {

constexpr char kWayOut[] =
    "; choose another data folder with --data-dir or the environment variable QALAM_DATA_DIR";

absl::Status Unusable(absl::string_view doing, const std::string& path, int error) {
  const std::string text = absl::StrCat(doing, " ", path, ": ", std::strerror(error), kWayOut);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::FailedPreconditionError(text);
  }
}

// Makes one folder for its owner only; one that is there already is fine.
absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return absl::OkStatus();
  const int error = errno;
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return Unusable("cannot create the folder", path, error);
  if (S_ISDIR(info.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the data folder needs ", path, " to be a folder, but there is a file", kWayOut));
}

// Makes a folder and those above it.
absl::Status MakeFolders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    QALAM_RETURN_IF_ERROR(MakeFolder(path.substr(0, slash)));
  }
  return MakeFolder(path);
}

// An environment variable that is set to something.
std::optional<std::string> Variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::string HomeFolder() {
  if (const std::optional<std::string> home = Variable("HOME"); home.has_value()) return *home;
  // A service may run without HOME; the user still has a home folder.
  std::vector<char> buffer(16384);
  struct passwd entry;
  struct passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_dir;
  }
  return ".";
}

}  // namespace

absl::StatusOr<DataDir> DataDir::Open(const std::string& root) {
  if (root.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("the data folder has no name", kWayOut));
  }
  // Absolute: the programs that get its paths run in folders of their own.
  std::error_code error;
  std::string path = std::filesystem::absolute(root, error).lexically_normal().string();
  if (error) return Unusable("cannot find the folder", root, error.value());
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  QALAM_RETURN_IF_ERROR(MakeFolders(path));
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Unusable("cannot use the data folder", path, errno);
  }
  for (const char* folder : {"locks", "control", "trials"}) {
    QALAM_RETURN_IF_ERROR(MakeFolder(absl::StrCat(path, "/", folder)));
  }
  return DataDir(path);
}

std::string DataDir::DefaultRoot() {
  if (const auto folder = Variable("QALAM_DATA_DIR"); folder.has_value()) return *folder;
  // A relative one is to be ignored, says the XDG base directory specification.
  if (const auto data = Variable("XDG_DATA_HOME"); data.has_value() && data->front() == '/') {
    return absl::StrCat(*data, "/qalam");
  }
  return absl::StrCat(HomeFolder(), "/.local/share/qalam");
}

std::string DataDir::StorePath() const { return absl::StrCat(root_, "/qalam.db"); }

std::string DataDir::ObservationsPath() const { return absl::StrCat(root_, "/observations.db"); }

std::string DataDir::LockPath(absl::string_view uid) const {
  return absl::StrCat(root_, "/locks/", uid, ".lock");
}

std::string DataDir::ControlPath(absl::string_view uid) const {
  return absl::StrCat(root_, "/control/", uid, ".sock");
}

std::string DataDir::ExperimentPath(absl::string_view uid) const {
  return absl::StrCat(root_, "/trials/", uid);
}

std::string DataDir::AttemptPath(absl::string_view uid, absl::string_view trial,
                                 int attempt) const {
  return absl::StrCat(ExperimentPath(uid), "/", trial, ".", attempt);
}

std::string DataDir::LogPath(absl::string_view uid, absl::string_view trial, int attempt) const {
  return absl::StrCat(AttemptPath(uid, trial, attempt), kLogSuffix);
}

std::string DataDir::CheckpointsPath(absl::string_view uid) const {
  return absl::StrCat(ExperimentPath(uid), "/checkpoints");
}

std::string DataDir::CheckpointPath(absl::string_view uid, absl::string_view trial) const {
  return absl::StrCat(CheckpointsPath(uid), "/", trial);
}

}  // namespace qalam
