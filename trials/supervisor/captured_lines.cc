#include "trials/supervisor/captured_lines.h"

#include <cstring>

namespace qalam::supervisor {
namespace {

constexpr size_t kFrameHeader = sizeof(uint32_t) + sizeof(int64_t);

}  // namespace

void AppendFrame(int64_t time, const char* text, size_t size, std::string* out) {
  char header[kFrameHeader];
  const uint32_t length = static_cast<uint32_t>(size);
  std::memcpy(header, &length, sizeof(length));
  std::memcpy(header + sizeof(length), &time, sizeof(time));
  out->append(header, sizeof(header));
  out->append(text, size);
}

size_t ParseFrames(const char* bytes, size_t size, std::vector<StampedLine>* lines) {
  size_t taken = 0;
  while (size - taken >= kFrameHeader) {
    uint32_t length = 0;
    StampedLine line;
    std::memcpy(&length, bytes + taken, sizeof(length));
    std::memcpy(&line.time, bytes + taken + sizeof(length), sizeof(line.time));
    if (size - taken - kFrameHeader < length) break;
    line.text.assign(bytes + taken + kFrameHeader, length);
    lines->push_back(std::move(line));
    taken += kFrameHeader + length;
  }
  return taken;
}

}  // namespace qalam::supervisor
