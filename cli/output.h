#ifndef QALAM_CLI_OUTPUT_H_
#define QALAM_CLI_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace qalam {

// An open file that is written to (standard output or error). Remembers the first error, so that
// callers need not look after each write: a full disk below `qalam export > file` must not go
// unseen. Not thread-safe.
class Output {
 public:
  enum class Buffering { kBlock, kNone };
  Output(int fd, Buffering buffering) : fd_(fd), buffering_(buffering) {}
  ~Output() { Flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void Write(absl::string_view text);
  void Flush();
  // ResourceExhausted (disk full) or Unavailable (nobody reads any more) once a write failed;
  // nothing is written after that.
  const absl::Status& status() const { return status_; }
  int fd() const { return fd_; }
  bool IsTerminal() const;

 private:
  const int fd_;
  const Buffering buffering_;
  std::string buffer_;
  absl::Status status_;
};

struct TerminalSize {
  int width = 80;
  int height = 24;
};
// The size of the terminal at `fd`, 80 x 24 when it does not say.
TerminalSize GetTerminalSize(int fd);
// True unless NO_COLOR is set or TERM is "dumb" or absent.
bool EnvironmentAllowsColor();
// True when the environment's character set is UTF-8. Looks at the variables only: setting a locale
// up costs milliseconds.
bool EnvironmentIsUtf8();

}  // namespace qalam

#endif  // QALAM_CLI_OUTPUT_H_
