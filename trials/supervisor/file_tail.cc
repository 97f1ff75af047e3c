#include "trials/supervisor/file_tail.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace qalam::supervisor {
namespace {

// Without notification; and with it, for what it does not tell of (links, mapped files).
constexpr int64_t kPollEvery = 20'000'000;
constexpr int64_t kCheckEvery = 250'000'000;

}  // namespace

FileTail::FileTail(std::string path, LineCapture* capture)
    : path_(std::move(path)), capture_(capture) {
  notify_.Reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

int64_t FileTail::interval() const { return watching_ ? kCheckEvery : kPollEvery; }

void FileTail::WatchFolder() {
  if (watching_ || !notify_.valid()) return;
  const std::string folder = path_.substr(0, std::max<size_t>(path_.rfind('/'), 1));
  watching_ = inotify_add_watch(notify_.get(), folder.c_str(),
                                IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY) >= 0;
}

void FileTail::Poll() {
  char events[4096];
  while (notify_.valid() && read(notify_.get(), events, sizeof(events)) > 0) {
  }
  WatchFolder();
  if (!file_.valid() && !OpenNext()) return;
  for (;;) {
    // Asked before reading: what is written to the old file after it was replaced is not waited
    // for, what was written before is read.
    const bool replaced = Replaced();
    ReadToEnd();
    if (!replaced) return;
    capture_->Finish();
    file_.Reset();
    if (!OpenNext()) return;
  }
}

void FileTail::Finish() {
  Poll();
  capture_->Finish();
}

bool FileTail::OpenNext() {
  // Not blocking: the path may be a pipe, which is no file to follow.
  UniqueFd file(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat info = {};
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  file_ = std::move(file);
  offset_ = 0;
  return true;
}

bool FileTail::Replaced() const {
  struct stat ours = {};
  struct stat named = {};
  if (fstat(file_.get(), &ours) != 0 || stat(path_.c_str(), &named) != 0) return false;
  return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

void FileTail::ReadToEnd() {
  struct stat info = {};
  if (fstat(file_.get(), &info) != 0) return;
  if (info.st_size < offset_) {
    offset_ = 0;
    capture_->Drop();
  }
  char buffer[64 << 10];
  while (offset_ < info.st_size) {
    const ssize_t got = pread(file_.get(), buffer, sizeof(buffer), offset_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    offset_ += got;
    capture_->Feed(buffer, static_cast<size_t>(got));
  }
}

}  // namespace qalam::supervisor
