#ifndef QALAM_TRIALS_SUPERVISOR_CAPTURED_LINES_H_
#define QALAM_TRIALS_SUPERVISOR_CAPTURED_LINES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qalam::supervisor {

// The lines of a job that may carry metrics, each with the time at which it was seen, as they
// follow one another in its state file. A frame is the text's length (4 bytes), the time (8 bytes),
// the text.

inline constexpr size_t kMaxLineBytes = 64 << 10;  // longer lines are cut

struct StampedLine {
  int64_t time = 0;  // wall clock, nanoseconds since 1970
  std::string text;
};

void AppendFrame(int64_t time, const char* text, size_t size, std::string* out);

// Appends the whole frames at the start of `bytes` to `lines` and returns how many bytes they took.
// What follows is a frame that is still being written, or was torn by the end of its writer.
size_t ParseFrames(const char* bytes, size_t size, std::vector<StampedLine>* lines);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_CAPTURED_LINES_H_
