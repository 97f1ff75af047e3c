#ifndef QALAM_TRIALS_SUPERVISOR_OUTPUT_H_
#define QALAM_TRIALS_SUPERVISOR_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// A file that only grows. What the disk has no room for is kept in memory: while stalled() the
// owner should take in nothing more, and call Retry() now and then.
class GrowingFile {
 public:
  explicit GrowingFile(std::string path) : path_(std::move(path)) {}

  void Append(const char* bytes, size_t size);
  void Retry() { Write(); }
  bool stalled() const { return !pending_.empty(); }
  int64_t size() const { return size_; }
  // Opens the file, at its end, if it is not open yet, so that it exists.
  void Open();
  // The file goes on under the path; the old one keeps what it has as `old_path`.
  void Rotate(const std::string& old_path);
  // Forgets what is pending, and all that is appended from now on.
  void GiveUp();

 private:
  void Write();

  std::string path_;
  UniqueFd file_;
  std::string pending_;
  int64_t size_ = 0;
  bool given_up_ = false;
};

// A job's output: beside its folder, one file and the one before it when `limit` bytes were
// exceeded.
class JobLog {
 public:
  JobLog(const std::string& directory, int64_t limit);
  void Append(const char* bytes, size_t size);
  // Starts each line with "[name] "; `at_line_start` is the caller's memory between calls.
  void AppendPrefixed(const std::string& name, const char* bytes, size_t size, bool* at_line_start);
  GrowingFile& file() { return file_; }

 private:
  GrowingFile file_;
  std::string old_path_;
  int64_t limit_;
};

// Cuts a stream of bytes into lines and appends those that contain one of `words` (all but empty
// ones when there are no words) as frames to a job's state file.
class LineCapture {
 public:
  // Both must outlive the capture.
  LineCapture(const std::vector<std::string>* words, GrowingFile* captured)
      : words_(words), captured_(captured) {}

  void Feed(const char* bytes, size_t size);
  // The stream ends: an unterminated line counts.
  void Finish();
  // Forgets an unterminated line.
  void Drop() { partial_.clear(); }

 private:
  void Line(const char* text, size_t size);
  bool Wanted(const char* text, size_t size) const;
  void Flush();

  const std::vector<std::string>* words_;
  GrowingFile* captured_;
  std::string partial_;
  std::string frames_;
  int64_t now_ = 0;
};

// The last lines of a process' output, for the message that tells how it ended.
class OutputTail {
 public:
  void Feed(const char* bytes, size_t size);
  // Up to `count` lines that are not blank, joined by " | ".
  std::string LastLines(int count) const;

 private:
  std::string bytes_;
};

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_OUTPUT_H_
