#include "trials/supervisor/wire.h"

#include <cstring>

namespace qalam::supervisor {

void WireWriter::Int(int64_t value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  bytes_.append(bytes, sizeof(bytes));
}

void WireWriter::Text(const std::string& text) {
  Int(static_cast<int64_t>(text.size()));
  bytes_ += text;
}

void WireWriter::Texts(const std::vector<std::string>& texts) {
  Int(static_cast<int64_t>(texts.size()));
  for (const std::string& text : texts) Text(text);
}

int64_t WireReader::Int() {
  int64_t value = 0;
  if (!ok_ || left_ < sizeof(value)) {
    ok_ = false;
    return 0;
  }
  std::memcpy(&value, next_, sizeof(value));
  next_ += sizeof(value);
  left_ -= sizeof(value);
  return value;
}

std::string WireReader::Text() {
  const int64_t size = Int();
  if (!ok_ || size < 0 || static_cast<uint64_t>(size) > left_) {
    ok_ = false;
    return "";
  }
  std::string text(next_, static_cast<size_t>(size));
  next_ += size;
  left_ -= static_cast<size_t>(size);
  return text;
}

std::vector<std::string> WireReader::Texts() {
  std::vector<std::string> texts;
  const int64_t count = Int();
  for (int64_t i = 0; ok_ && i < count; ++i) texts.push_back(Text());
  if (!ok_) texts.clear();
  return texts;
}

uint32_t Checksum(const char* bytes, size_t size) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<uint8_t>(bytes[i])) * 16777619u;
  return hash;
}

uint64_t Fingerprint(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

}  // namespace qalam::supervisor
