#ifndef QALAM_TRIALS_RUNNERS_CAPTURED_READER_H_
#define QALAM_TRIALS_RUNNERS_CAPTURED_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "trials/runner.h"
#include "trials/supervisor/fd.h"
#include "trials/supervisor/state_file.h"

namespace qalam {

// Reads a job's captured lines as they are added, from the first one on.
class CapturedReader {
 public:
  // Opens the state file of a job that was started. False when it cannot.
  bool Open(const std::string& directory);
  bool is_open() const { return file_.valid(); }

  // Lines that were added since the last call, some thousands at most; empty when there are none.
  std::vector<CapturedLine> Next();
  // How many lines were returned by now.
  int64_t count() const { return count_; }

 private:
  supervisor::UniqueFd file_;
  int64_t offset_ = supervisor::kStateHeaderBytes;
  int64_t count_ = 0;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_CAPTURED_READER_H_
