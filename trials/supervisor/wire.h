#ifndef QALAM_TRIALS_SUPERVISOR_WIRE_H_
#define QALAM_TRIALS_SUPERVISOR_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qalam::supervisor {

// Numbers and texts in the machine's own byte order: messages and files that never leave the
// machine.
class WireWriter {
 public:
  void Int(int64_t value);
  void Text(const std::string& text);  // its length, then its bytes
  void Texts(const std::vector<std::string>& texts);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a WireWriter wrote, in the same order. Once something is missing, ok() is false and
// everything read is 0 or empty.
class WireReader {
 public:
  // `bytes` must outlive the reader.
  WireReader(const char* bytes, size_t size) : next_(bytes), left_(size) {}
  int64_t Int();
  std::string Text();
  std::vector<std::string> Texts();
  bool ok() const { return ok_; }

 private:
  const char* next_;
  size_t left_;
  bool ok_ = true;
};

// 32 and 64 bit FNV-1a.
uint32_t Checksum(const char* bytes, size_t size);
uint64_t Fingerprint(const std::string& text);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_WIRE_H_
