#ifndef QALAM_CLI_LOG_READER_H_
#define QALAM_CLI_LOG_READER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/output.h"

namespace qalam {

// Reads the output of a trial's attempt: what is in "<path>.1", then "<path>", and then what is
// added, across the rotation that makes the one the other.
class LogReader {
 public:
  // `path` of the log: DataDir::LogPath.
  explicit LogReader(std::string path) : path_(std::move(path)) {}
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // Copies everything that is there and was not copied yet to `output`. False when there is no log
  // yet. PermissionDenied or Unavailable with the path when it cannot be read.
  absl::StatusOr<bool> CopyNew(Output* output);

 private:
  absl::Status CopyFile(const std::string& path, Output* output);
  absl::Status CopyOpenFile(int fd, const std::string& path, Output* output);

  const std::string path_;
  int fd_ = -1;  // the log as it was when it was opened; it may be rotated since
  ino_t inode_ = 0;
};

// The last `count` lines of the log at `path`, read from its end; empty when there is none.
std::vector<std::string> LastLogLines(const std::string& path, size_t count);

}  // namespace qalam

#endif  // QALAM_CLI_LOG_READER_H_
