#ifndef QALAM_CONTROLLER_SPEC_TEXT_CHECK_H_
#define QALAM_CONTROLLER_SPEC_TEXT_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/spec/yaml_node.h"

namespace qalam {

// The lines of a text, to turn a parser's places (line and byte, from 0) into ours.
class TextLines {
 public:
  // `text` must outlive this.
  explicit TextLines(absl::string_view text);

  // A line without its end, counted from 0; empty when there is no such line.
  absl::string_view Line(int line) const;
  // The place of a byte of a line.
  Place At(int line, int byte_column) const;
  // The place of a byte of the text.
  Place AtOffset(size_t offset) const;

 private:
  // Characters before a byte of the text.
  size_t CharactersBefore(size_t offset) const;

  absl::string_view text_;
  std::vector<size_t> starts_;      // of each line
  std::vector<size_t> characters_;  // before each kStride-th byte, so that long lines cost no more
};

// True when all of `text` is UTF-8.
bool IsUtf8(absl::string_view text);

// Why a text cannot be YAML before it is even parsed: not UTF-8, or a control character; and where.
struct BadText {
  size_t offset = 0;
  std::string message;
};
std::optional<BadText> FindBadText(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_TEXT_CHECK_H_
