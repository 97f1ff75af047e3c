#include "trials/runners/supervisor_host.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/runners/supervisor_image.h"
#include "trials/supervisor/channel.h"
#include "trials/supervisor/files.h"

namespace qalam {
namespace {

using supervisor::ErrnoText;
using supervisor::UniqueFd;

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // Linux 6.3
#endif

// Room for a burst of requests and replies.
constexpr int kSocketBuffer = 1 << 20;

bool WriteImage(int file) {
  const absl::string_view image = SupervisorImage();
  for (size_t done = 0; done < image.size();) {
    const ssize_t put = write(file, image.data() + done, image.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<size_t>(put);
  }
  return true;
}

absl::Status CannotStart(absl::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot start the supervisor of trials: ", what, ": ", ErrnoText(error)));
}

class SpawnSettings {
 public:
  explicit SpawnSettings(int socket) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, supervisor::kHostSocket);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
#ifndef QALAM_SANITIZED
    // Who waits for the end of the controller's output does not wait for its trials.
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
#endif
    posix_spawnattr_init(&attributes);
    // A session of its own: what is typed at the controller's terminal is not for the trials.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace

absl::Status SupervisorHost::LoadImage() {
  if (image_.valid()) return absl::OkStatus();
  // Kernels before 6.3 do not know the flag; where memory files may not be run it is refused.
  UniqueFd file(memfd_create("qalam-supervisor", MFD_CLOEXEC | MFD_EXEC));
  if (!file.valid()) file.Reset(memfd_create("qalam-supervisor", MFD_CLOEXEC));
  if (!file.valid() || !WriteImage(file.get())) return LoadTemporaryFile();
  return Keep(file);
}

absl::Status SupervisorHost::Keep(const UniqueFd& file) {
  // Out of the way of the numbers that the new process gives to its own files.
  image_.Reset(fcntl(file.get(), F_DUPFD_CLOEXEC, supervisor::kHostSocket + 1));
  return image_.valid() ? absl::OkStatus() : CannotStart("opening its program", errno);
}

absl::Status SupervisorHost::LoadTemporaryFile() {
  const char* folder = std::getenv("TMPDIR");
  std::string path = absl::StrCat(folder == nullptr ? "/tmp" : folder, "/qalam-supervisor-XXXXXX");
  UniqueFd file(mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return CannotStart(absl::StrCat("creating \"", path, "\""), errno);
  const bool written = WriteImage(file.get()) && fchmod(file.get(), 0700) == 0;
  const int error = errno;
  // A program that is open for writing cannot be run.
  file.Reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  unlink(path.c_str());
  if (!written) return CannotStart(absl::StrCat("writing \"", path, "\""), error);
  return Keep(file);
}

int SupervisorHost::Spawn(int socket) {
  const SpawnSettings settings(socket);
  const std::string program = absl::StrCat("/proc/self/fd/", image_.get());
  std::string name = "qalam-supervisor";
  char* const argv[] = {name.data(), nullptr};
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, program.c_str(), &settings.files, &settings.attributes, argv, environ);
  pid_ = error == 0 ? pid : -1;
  return error;
}

absl::Status SupervisorHost::Start() {
  Stop();
  QALAM_RETURN_IF_ERROR(LoadImage());
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return CannotStart("making a socket", errno);
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  for (const int end : ends) {
    setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof(kSocketBuffer));
  }
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  int error = Spawn(theirs.get());
  if (error == EACCES || error == EPERM) {
    QALAM_RETURN_IF_ERROR(LoadTemporaryFile());
    error = Spawn(theirs.get());
  }
  if (error != 0) return CannotStart("starting a process", error);
  socket_ = std::move(ours);
  return absl::OkStatus();
}

void SupervisorHost::Stop() {
  socket_.Reset();
  if (pid_ <= 1) return;
  // It ends when the socket is closed; one that is stopped or stuck must not hold us up. Jobs do
  // not depend on it.
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace qalam
