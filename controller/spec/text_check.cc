#include "controller/spec/text_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace qalam {
namespace {

// The length of the UTF-8 sequence at the start of `text`; 0 when there is none (overlong forms and
// surrogates are not UTF-8).
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool outside = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

bool IsControl(unsigned char c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

// Bytes between the known counts of characters.
constexpr size_t kStride = 64;

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

TextLines::TextLines(absl::string_view text) : text_(text), starts_({0}) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % kStride == 0) characters_.push_back(characters);
    if (StartsCharacter(text[i])) ++characters;
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
  if (text.size() % kStride == 0) characters_.push_back(characters);
}

absl::string_view TextLines::Line(int line) const {
  if (line < 0 || line >= static_cast<int>(starts_.size())) return "";
  const size_t start = starts_[line];
  const bool last = line + 1 == static_cast<int>(starts_.size());
  const size_t end = last ? text_.size() : starts_[line + 1] - 1;
  absl::string_view text = text_.substr(start, end - start);
  if (absl::EndsWith(text, "\r")) text.remove_suffix(1);
  return text;
}

size_t TextLines::CharactersBefore(size_t offset) const {
  const size_t block = offset / kStride;
  size_t characters = characters_[block];
  for (size_t i = block * kStride; i < offset; ++i) characters += StartsCharacter(text_[i]) ? 1 : 0;
  return characters;
}

Place TextLines::At(int line, int byte_column) const {
  const size_t column = static_cast<size_t>(std::max(byte_column, 0));
  if (line < 0 || line >= static_cast<int>(starts_.size())) {
    return {line + 1, static_cast<int>(column) + 1};
  }
  const size_t start = starts_[line];
  const size_t inside = std::min(column, text_.size() - start);
  const size_t characters = CharactersBefore(start + inside) - CharactersBefore(start);
  return {line + 1, static_cast<int>(characters + (column - inside)) + 1};
}

Place TextLines::AtOffset(size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const int line = static_cast<int>(next - starts_.begin()) - 1;
  return At(line, static_cast<int>(offset - starts_[line]));
}

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = SequenceLength(text.substr(i, 4));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::optional<BadText> FindBadText(absl::string_view text) {
  if (absl::StartsWith(text, "\xFF\xFE") || absl::StartsWith(text, "\xFE\xFF")) {
    return BadText{0, "the text is UTF-16; save it as UTF-8"};
  }
  for (size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const size_t length = SequenceLength(text.substr(i, 4));
    if (length == 0) {
      return BadText{
          i, absl::StrFormat("the byte 0x%02X here is not UTF-8; save the text as UTF-8", c)};
    }
    if (IsControl(c)) {
      return BadText{
          i, absl::StrFormat("the control character 0x%02X is not allowed in YAML; in a text in "
                             "double quotes write it as \\x%02X",
                             c, c)};
    }
    i += length;
  }
  return std::nullopt;
}

}  // namespace qalam
