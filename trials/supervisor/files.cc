#include "trials/supervisor/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {
namespace {

int64_t ClockNs(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

void RemoveEntry(int parent, const std::string& name) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || (errno != EISDIR && errno != EPERM)) return;
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return;
  {
    const UniqueFd folder(
        openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return;
    // A trial may have left a folder that its owner cannot write to.
    fchmod(folder.get(), S_IRWXU);
    for (const std::string& entry : EntriesOf(folder.get())) RemoveEntry(folder.get(), entry);
  }
  unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

}  // namespace

int64_t WallNs() { return ClockNs(CLOCK_REALTIME); }
int64_t SteadyNs() { return ClockNs(CLOCK_MONOTONIC); }

int MakeFolders(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0) return 0;
  if (errno == EEXIST) {
    struct stat info = {};
    if (stat(path.c_str(), &info) != 0) return errno;
    return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
  }
  if (errno != ENOENT) return errno;
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0) return ENOENT;
  const int error = MakeFolders(path.substr(0, slash));
  if (error != 0) return error;
  if (slash + 1 == path.size()) return 0;
  return mkdir(path.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
}

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

int WriteNewFile(const std::string& path, const std::string& content) {
  const size_t slash = path.find_last_of('/');
  if (slash != std::string::npos && slash > 0) {
    if (const int error = MakeFolders(path.substr(0, slash)); error != 0) return error;
  }
  const UniqueFd file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return errno;
  for (size_t done = 0; done < content.size();) {
    const ssize_t put = write(file.get(), content.data() + done, content.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    done += static_cast<size_t>(put);
  }
  return 0;
}

std::string ReadSmallFile(const std::string& path, size_t limit) {
  std::string text;
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return text;
  char buffer[4096];
  while (text.size() < limit) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

std::vector<std::string> EntriesOf(int folder) {
  std::vector<std::string> names;
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  DIR* entries = fdopendir(copy);
  if (entries == nullptr) {
    close(copy);
    return names;
  }
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(entries);
  return names;
}

void RemoveFolder(const std::string& path) {
  {
    const UniqueFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) return;
    for (const std::string& name : EntriesOf(folder.get())) RemoveEntry(folder.get(), name);
  }
  rmdir(path.c_str());
}

std::string ErrnoText(int error) {
  char buffer[128];
  return strerror_r(error, buffer, sizeof(buffer));
}

}  // namespace qalam::supervisor
