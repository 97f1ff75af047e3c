#include "trials/supervisor/copy_folder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/files.h"

namespace qalam::supervisor {
namespace {

// How much is copied between two looks at whether to go on.
constexpr size_t kChunk = size_t{16} << 20;
// What a file system without copies of its own is read and written by.
constexpr size_t kBuffer = size_t{1} << 18;

class FolderCopier {
 public:
  // `name`: what the copy will be called in the end.
  FolderCopier(const std::string& source, const std::string& target, const std::string& name,
               const std::function<bool()>& go_on)
      : source_root_(source), target_root_(target), name_(name), go_on_(go_on) {}

  // Of the folder at `below` ("" or "/a/b") of both roots.
  CopyFailure CopyFolder(const std::string& below) {
    const std::string source = source_root_ + below;
    const std::string target = target_root_ + below;
    const UniqueFd folder(open(source.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info = {};
    if (!folder.valid() || fstat(folder.get(), &info) != 0) return {errno, source};
    if (mkdir(target.c_str(), S_IRWXU) != 0) return {errno, target};
    for (const std::string& name : EntriesOf(folder.get())) {
      const std::string entry = std::string(below).append("/").append(name);
      if (CopyFailure failure = CopyEntry(entry); failure.error != 0) return failure;
    }
    // Last, for a folder that nobody may write to, and whose time the entries changed.
    if (chmod(target.c_str(), info.st_mode & 07777) != 0) return {errno, target};
    return SetTimes(AT_FDCWD, target, info);
  }

 private:
  CopyFailure CopyEntry(const std::string& below) {
    if (!go_on_()) return {ECANCELED, source_root_ + below};
    const std::string source = source_root_ + below;
    struct stat info = {};
    if (lstat(source.c_str(), &info) != 0) return {errno, source};
    if (S_ISDIR(info.st_mode)) return CopyFolder(below);
    if (S_ISLNK(info.st_mode)) return CopyLink(source, target_root_ + below);
    if (S_ISREG(info.st_mode)) return CopyFile(source, target_root_ + below, info);
    return {};
  }

  CopyFailure CopyLink(const std::string& source, const std::string& target) const {
    char text[4096];
    const ssize_t length = readlink(source.c_str(), text, sizeof(text));
    if (length < 0) return {errno, source};
    std::string leads_to(text, static_cast<size_t>(length));
    const std::string inside = source_root_ + "/";
    if (leads_to.compare(0, inside.size(), inside) == 0) {
      leads_to = name_ + "/" + leads_to.substr(inside.size());
    }
    if (symlink(leads_to.c_str(), target.c_str()) != 0) return {errno, target};
    return {};
  }

  CopyFailure CopyFile(const std::string& source, const std::string& target,
                       const struct stat& info) {
    const UniqueFd from(open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!from.valid()) return {errno, source};
    const UniqueFd to(
        open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!to.valid()) return {errno, target};
    if (ioctl(to.get(), FICLONE, from.get()) != 0) {
      if (CopyFailure failure = CopyContent(from.get(), to.get(), source, target);
          failure.error != 0) {
        return failure;
      }
    }
    if (fchmod(to.get(), info.st_mode & 07777) != 0) return {errno, target};
    return SetTimes(to.get(), target, info);
  }

  CopyFailure CopyContent(int from, int to, const std::string& source, const std::string& target) {
    bool by_system = true;
    while (true) {
      if (!go_on_()) return {ECANCELED, source};
      ssize_t done = -1;
      if (by_system) {
        done = copy_file_range(from, nullptr, to, nullptr, kChunk, 0);
        if (done < 0 && errno != EINTR && errno != ENOSPC && errno != EDQUOT && errno != EIO) {
          by_system = false;  // not between these file systems: by hand from where it stands
        }
      }
      if (!by_system) done = CopySome(from, to);
      if (done == 0) return {};
      if (done < 0 && errno != EINTR) return {errno, target};
    }
  }

  // The next bytes by reading and writing: their number, 0 at the end, -1 for an error.
  ssize_t CopySome(int from, int to) {
    buffer_.resize(kBuffer);
    const ssize_t got = read(from, buffer_.data(), buffer_.size());
    for (ssize_t put = 0; put < got;) {
      const ssize_t more = write(to, buffer_.data() + put, static_cast<size_t>(got - put));
      if (more < 0 && errno != EINTR) return -1;
      put += std::max<ssize_t>(more, 0);
    }
    return got;
  }

  // What sorts checkpoints by their time must find the copies in the same order.
  static CopyFailure SetTimes(int file, const std::string& path, const struct stat& info) {
    const timespec times[2] = {info.st_atim, info.st_mtim};
    const int failed =
        file == AT_FDCWD ? utimensat(AT_FDCWD, path.c_str(), times, 0) : futimens(file, times);
    return failed != 0 ? CopyFailure{errno, path} : CopyFailure{};
  }

  const std::string& source_root_;
  const std::string& target_root_;
  const std::string& name_;
  const std::function<bool()>& go_on_;
  std::vector<char> buffer_;
};

bool IsThere(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0;
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::string UnfinishedCopyOf(const std::string& target) {
  const size_t slash = target.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  return target.substr(0, name) + ".new." + target.substr(name);
}

CopyFailure ReplaceWithCopy(const std::string& source, const std::string& target,
                            const std::function<bool()>& go_on) {
  const std::string copy = UnfinishedCopyOf(target);
  RemoveFolder(copy);
  RemoveFolder(target);
  if (const int error = MakeFolders(FolderOf(target)); error != 0) return {error, FolderOf(target)};
  CopyFailure failure;
  if (!source.empty() && IsThere(source)) {
    failure = FolderCopier(source, copy, target, go_on).CopyFolder("");
  } else if (const int error = MakeFolders(copy); error != 0) {
    failure = {error, copy};
  }
  if (failure.error == 0 && rename(copy.c_str(), target.c_str()) != 0) failure = {errno, target};
  if (failure.error != 0) RemoveFolder(copy);
  return failure;
}

}  // namespace qalam::supervisor
