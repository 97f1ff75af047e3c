#include "trials/runners/captured_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/time/time.h"
#include "trials/supervisor/captured_lines.h"

namespace qalam {
namespace {

// At least the longest frame.
constexpr int64_t kMaxChunk = 512 << 10;

}  // namespace

bool CapturedReader::Open(const std::string& directory) {
  file_.Reset(open(supervisor::StatePath(directory).c_str(), O_RDONLY | O_CLOEXEC));
  return file_.valid();
}

std::vector<CapturedLine> CapturedReader::Next() {
  std::vector<CapturedLine> lines;
  struct stat info = {};
  if (!file_.valid() || fstat(file_.get(), &info) != 0 || info.st_size <= offset_) return lines;
  std::string bytes(static_cast<size_t>(std::min(kMaxChunk, info.st_size - offset_)), '\0');
  ssize_t got = -1;
  do {
    got = pread(file_.get(), bytes.data(), bytes.size(), offset_);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return lines;
  std::vector<supervisor::StampedLine> stamped;
  offset_ += static_cast<int64_t>(
      supervisor::ParseFrames(bytes.data(), static_cast<size_t>(got), &stamped));
  for (supervisor::StampedLine& line : stamped) {
    lines.push_back({absl::FromUnixNanos(line.time), std::move(line.text)});
  }
  count_ += static_cast<int64_t>(lines.size());
  return lines;
}

}  // namespace qalam
