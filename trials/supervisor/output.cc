#include "trials/supervisor/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "trials/job.h"
#include "trials/supervisor/captured_lines.h"
#include "trials/supervisor/files.h"

namespace qalam::supervisor {
namespace {

constexpr size_t kTailBytes = 2048;
constexpr size_t kTailLineBytes = 300;

// Whether writing may work later without anybody's help to this process.
bool MayPass(int error) {
  return error == ENOSPC || error == EDQUOT || error == ENOMEM || error == EAGAIN ||
         error == EMFILE || error == ENFILE || error == EINTR;
}

// Lines end with \n or \r\n.
size_t WithoutCarriageReturn(const char* text, size_t size) {
  return size > 0 && text[size - 1] == '\r' ? size - 1 : size;
}

}  // namespace

void GrowingFile::Append(const char* bytes, size_t size) {
  if (given_up_ || size == 0) return;
  pending_.append(bytes, size);
  Write();
}

void GrowingFile::Open() {
  if (file_.valid() || given_up_) return;
  file_.Reset(open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_.valid()) return;
  struct stat info = {};
  size_ = fstat(file_.get(), &info) == 0 ? info.st_size : 0;
}

void GrowingFile::Write() {
  size_t done = 0;
  while (done < pending_.size()) {
    Open();
    const ssize_t put =
        file_.valid() ? write(file_.get(), pending_.data() + done, pending_.size() - done) : -1;
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      // A folder that was taken away does not come back: then the trial matters more than its log.
      if (put < 0 && !MayPass(errno)) done = pending_.size();
      break;
    }
    done += static_cast<size_t>(put);
    size_ += put;
  }
  pending_.erase(0, done);
}

void GrowingFile::Rotate(const std::string& old_path) {
  if (stalled() || rename(path_.c_str(), old_path.c_str()) != 0) return;
  file_.Reset();
  size_ = 0;
}

void GrowingFile::GiveUp() {
  pending_.clear();
  given_up_ = true;
}

JobLog::JobLog(const std::string& directory, int64_t limit)
    : file_(directory + kLogSuffix), old_path_(directory + kOldLogSuffix), limit_(limit) {
  file_.Open();
}

void JobLog::Append(const char* bytes, size_t size) {
  const bool full = limit_ > 0 && file_.size() + static_cast<int64_t>(size) > limit_;
  if (full && file_.size() > 0) file_.Rotate(old_path_);
  file_.Append(bytes, size);
}

void JobLog::AppendPrefixed(const std::string& name, const char* bytes, size_t size,
                            bool* at_line_start) {
  std::string text;
  for (const char *next = bytes, *end = bytes + size; next < end;) {
    const void* newline = std::memchr(next, '\n', static_cast<size_t>(end - next));
    const char* stop = newline == nullptr ? end : static_cast<const char*>(newline) + 1;
    if (*at_line_start) text += "[" + name + "] ";
    text.append(next, stop);
    *at_line_start = newline != nullptr;
    next = stop;
  }
  Append(text.data(), text.size());
}

void LineCapture::Feed(const char* bytes, size_t size) {
  now_ = WallNs();
  const char* const end = bytes + size;
  while (bytes < end) {
    const auto* newline =
        static_cast<const char*>(std::memchr(bytes, '\n', static_cast<size_t>(end - bytes)));
    const size_t length = static_cast<size_t>((newline == nullptr ? end : newline) - bytes);
    if (newline != nullptr && partial_.empty()) {
      Line(bytes, length);
    } else {
      partial_.append(bytes, std::min(length, kMaxLineBytes - partial_.size()));
      if (newline != nullptr) {
        Line(partial_.data(), partial_.size());
        partial_.clear();
      }
    }
    bytes += length + 1;
  }
  Flush();
}

void LineCapture::Finish() {
  if (partial_.empty()) return;
  now_ = WallNs();
  Line(partial_.data(), partial_.size());
  partial_.clear();
  Flush();
}

void LineCapture::Line(const char* text, size_t size) {
  size = WithoutCarriageReturn(text, std::min(size, kMaxLineBytes));
  if (size > 0 && Wanted(text, size)) AppendFrame(now_, text, size, &frames_);
}

bool LineCapture::Wanted(const char* text, size_t size) const {
  if (words_->empty()) return true;
  for (const std::string& word : *words_) {
    if (memmem(text, size, word.data(), word.size()) != nullptr) return true;
  }
  return false;
}

void LineCapture::Flush() {
  captured_->Append(frames_.data(), frames_.size());
  frames_.clear();
}

void OutputTail::Feed(const char* bytes, size_t size) {
  const size_t keep = std::min(size, kTailBytes);
  bytes_.append(bytes + (size - keep), keep);
  if (bytes_.size() > 2 * kTailBytes) bytes_.erase(0, bytes_.size() - kTailBytes);
}

std::string OutputTail::LastLines(int count) const {
  std::string joined;
  size_t end = bytes_.size();
  while (count > 0 && end > 0) {
    const size_t newline = bytes_.rfind('\n', end - 1);
    const size_t begin = newline == std::string::npos ? 0 : newline + 1;
    std::string line = bytes_.substr(begin, std::min(end - begin, kTailLineBytes));
    if (line.find_first_not_of(" \t\r") != std::string::npos) {
      line.erase(line.find_last_not_of(" \t\r") + 1);
      if (!joined.empty()) line.append(" | ").append(joined);
      joined = std::move(line);
      --count;
    }
    end = newline == std::string::npos ? 0 : newline;
  }
  return joined;
}

}  // namespace qalam::supervisor
