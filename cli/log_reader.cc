#include "cli/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr off_t kTailBytes = 16 * 1024;

absl::Status LogError(const std::string& path) {
  const std::string what = absl::StrCat("cannot read ", path, ": ", std::strerror(errno));
  return errno == EACCES ? absl::PermissionDeniedError(what) : absl::UnavailableError(what);
}

}  // namespace

LogReader::~LogReader() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LogReader::CopyOpenFile(int fd, const std::string& path, Output* output) {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LogError(path);
    if (got == 0) return absl::OkStatus();
    output->Write(absl::string_view(buffer.data(), static_cast<size_t>(got)));
    QALAM_RETURN_IF_ERROR(output->status());
  }
}

absl::Status LogReader::CopyFile(const std::string& path, Output* output) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? absl::OkStatus() : LogError(path);
  const absl::Status status = CopyOpenFile(fd, path, output);
  close(fd);
  return status;
}

absl::StatusOr<bool> LogReader::CopyNew(Output* output) {
  if (fd_ < 0) {
    const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) return LogError(path_);
    if (fd < 0) return false;
    fd_ = fd;
    struct stat info = {};
    inode_ = fstat(fd_, &info) == 0 ? info.st_ino : 0;
    QALAM_RETURN_IF_ERROR(CopyFile(absl::StrCat(path_, ".1"), output));
  }
  QALAM_RETURN_IF_ERROR(CopyOpenFile(fd_, path_, output));
  struct stat info = {};
  if (stat(path_.c_str(), &info) != 0 || info.st_ino == inode_) return true;
  // It was rotated: the rest of the old file, then the new one from its beginning.
  QALAM_RETURN_IF_ERROR(CopyOpenFile(fd_, path_, output));
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  close(fd_);
  fd_ = fd;
  inode_ = fstat(fd_, &info) == 0 ? info.st_ino : 0;
  QALAM_RETURN_IF_ERROR(CopyOpenFile(fd_, path_, output));
  return true;
}

std::vector<std::string> LastLogLines(const std::string& path, size_t count) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  struct stat info = {};
  const off_t size = fstat(fd, &info) == 0 ? info.st_size : 0;
  const off_t start = std::max<off_t>(0, size - kTailBytes);
  std::string text(static_cast<size_t>(size - start), '\0');
  const ssize_t got = pread(fd, text.data(), text.size(), start);
  close(fd);
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, got)));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) return {};
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (start > 0 && lines.size() > 1) lines.erase(lines.begin());  // its beginning is not there
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  return lines;
}

}  // namespace qalam
