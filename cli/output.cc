#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

constexpr size_t kBlockSize = 64 * 1024;

absl::Status WriteError(int fd, int error) {
  const std::string what =
      absl::StrCat("cannot write to standard ", fd == STDOUT_FILENO ? "output" : "error", ": ",
                   std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(what);
  return absl::UnavailableError(what);
}

}  // namespace

void Output::Write(absl::string_view text) {
  buffer_.append(text.data(), text.size());
  if (buffering_ == Buffering::kNone || buffer_.size() >= kBlockSize) Flush();
}

void Output::Flush() {
  size_t done = 0;
  while (status_.ok() && done < buffer_.size()) {
    const ssize_t written = write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      status_ = WriteError(fd_, errno);
    }
  }
  buffer_.clear();
}

bool Output::IsTerminal() const { return isatty(fd_) == 1; }

TerminalSize GetTerminalSize(int fd) {
  winsize size = {};
  TerminalSize result;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) result.width = size.ws_col;
    if (size.ws_row > 0) result.height = size.ws_row;
  }
  return result;
}

bool EnvironmentAllowsColor() {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && no_color[0] != '\0') return false;
  const char* const term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") != 0;
}

bool EnvironmentIsUtf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || value[0] == '\0') continue;
    const std::string lower = absl::AsciiStrToLower(value);
    return absl::StrContains(lower, "utf-8") || absl::StrContains(lower, "utf8");
  }
  return false;
}

}  // namespace qalam
