#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/status_macros.h"
#include "storage/sqlite_status.h"
#include "storage/store.h"

namespace qalam {
namespace {

constexpr size_t kMaxFileSize = 4096;

// Who holds a lock, as its file tells: pid, time and command, a line each.
struct Holder {
  pid_t pid;
  absl::Time since;
  std::string command;
};

class FileLock final : public ExperimentLock {
 public:
  explicit FileLock(int fd) : fd_(fd) {}
  // The text goes before the lock does, so that nobody reads it as that of the next holder.
  ~FileLock() override {
    if (ftruncate(fd_, 0) != 0) {
      // The next holder overwrites it.
    }
    close(fd_);
  }

 private:
  const int fd_;
};

std::string ReadAll(int fd) {
  std::string text(kMaxFileSize, '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? size : 0);
  return text;
}

std::string ReadFile(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text = ReadAll(fd);
  close(fd);
  return text;
}

// The program's name and, when the first argument is a verb, that: "qalam run".
std::string OwnCommand() {
  const std::string arguments = ReadFile("/proc/self/cmdline");
  const std::vector<std::string> words = absl::StrSplit(arguments, '\0');
  std::string command = words[0].substr(words[0].rfind('/') + 1);
  const bool verb = words.size() > 1 && !words[1].empty() && words[1][0] != '-';
  if (verb) absl::StrAppend(&command, " ", words[1]);
  for (char& c : command) {
    if (c == '\n') c = ' ';
  }
  return command;
}

// A courtesy to whoever finds the lock taken; the lock holds without it, also on a full disk.
void WriteHolder(int fd) {
  const std::string text =
      absl::StrCat(getpid(), "\n", absl::FormatTime(SystemClock().Now(), absl::UTCTimeZone()), "\n",
                   OwnCommand(), "\n");
  if (pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ftruncate(fd, static_cast<off_t>(text.size())) != 0) {
    return;
  }
}

std::optional<Holder> ReadHolder(int fd) {
  const std::string text = ReadAll(fd);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  Holder holder;
  if (lines.size() < 3 || !absl::SimpleAtoi(lines[0], &holder.pid)) return std::nullopt;
  if (!absl::ParseTime(absl::RFC3339_full, lines[1], &holder.since, nullptr)) return std::nullopt;
  holder.command = lines[2];
  return holder;
}

// "10:00:05", with the date in front when that is not today's.
std::string ShortTime(absl::Time time) {
  const absl::TimeZone zone = absl::LocalTimeZone();
  const bool today = absl::ToCivilDay(time, zone) == absl::ToCivilDay(SystemClock().Now(), zone);
  return absl::FormatTime(today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", time, zone);
}

// "watch it with ..., stop it with ..." for "experiment <namespace>/<name>".
std::string WayOut(absl::string_view what) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(what, ' ');
  const std::vector<std::string> path = absl::StrSplit(parts.second, absl::MaxSplits('/', 1));
  if (path.size() != 2) return "end that process first";
  const std::string where = path[0] == "default" ? "" : absl::StrCat(" -n ", path[0]);
  return absl::StrCat("watch it with \"qalam get trials ", path[1], where,
                      "\", stop it with \"qalam stop ", path[1], where, "\"");
}

absl::Status Held(int fd, absl::string_view what) {
  const std::optional<Holder> holder = ReadHolder(fd);
  const std::string by = holder.has_value()
                             ? absl::StrCat("process ", holder->pid, " (\"", holder->command,
                                            "\", since ", ShortTime(holder->since), ")")
                             : "another process";
  return absl::FailedPreconditionError(
      absl::StrCat(what, " is already being run by ", by, "; ", WayOut(what)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExperimentLock>> TakeExperimentLock(const std::string& path,
                                                                   absl::string_view what) {
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return SystemStatus(errno, "open the lock file", path);
  // Belongs to the open file, which programs that we start do not inherit (O_CLOEXEC); the system
  // lets go of it when the process dies, whatever the file says.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    absl::Status status = error == EWOULDBLOCK ? Held(fd, what) : SystemStatus(error, "lock", path);
    close(fd);
    return status;
  }
  WriteHolder(fd);
  return std::make_unique<FileLock>(fd);
}

}  // namespace qalam
