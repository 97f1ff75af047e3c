#ifndef QALAM_TRIALS_SUPERVISOR_FILE_TAIL_H_
#define QALAM_TRIALS_SUPERVISOR_FILE_TAIL_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/output.h"

namespace qalam::supervisor {

// Follows a file that a trial writes its metrics to. The file may appear late, grow by parts of
// lines, be truncated, or be replaced by another one of the same name.
class FileTail {
 public:
  FileTail(std::string path, LineCapture* capture);

  // Takes in all that is new.
  void Poll();
  // Takes in the rest and ends the last line.
  void Finish();
  // Becomes readable when something may be new; -1 when Poll() must be called every interval().
  int wake_fd() const { return notify_.get(); }
  int64_t interval() const;  // nanoseconds

 private:
  void WatchFolder();
  bool OpenNext();
  void ReadToEnd();
  bool Replaced() const;

  std::string path_;
  LineCapture* capture_;
  UniqueFd notify_;
  bool watching_ = false;
  UniqueFd file_;
  off_t offset_ = 0;
};

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_FILE_TAIL_H_
