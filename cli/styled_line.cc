#include "cli/styled_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

constexpr char kReset[] = "\x1b[0m";

const char* EscapeFor(TextStyle style) {
  switch (style) {
    case TextStyle::kPlain:
      return "";
    case TextStyle::kBold:
      return "\x1b[1m";
    case TextStyle::kDim:
      return "\x1b[2m";
    case TextStyle::kGood:
      return "\x1b[32m";
    case TextStyle::kBad:
      return "\x1b[31m";
    case TextStyle::kAccent:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

StyledLine& StyledLine::Add(absl::string_view text, TextStyle style) {
  if (!text.empty()) pieces_.push_back({Printable(text), style});
  return *this;
}

StyledLine& StyledLine::AddColumn(absl::string_view text, int width, TextStyle style) {
  Add(text, style);
  const int fill = std::max(0, width - DisplayWidth(Printable(text))) + 2;
  pieces_.push_back({std::string(fill, ' '), TextStyle::kPlain});
  return *this;
}

int StyledLine::width() const {
  int width = 0;
  for (const Piece& piece : pieces_) width += DisplayWidth(piece.text);
  return width;
}

std::string StyledLine::Render(int width, bool color, bool utf8) const {
  const absl::string_view ellipsis = utf8 ? "…" : "~";
  const bool cut = this->width() > width;
  int left = width;
  std::string result;
  for (const Piece& piece : pieces_) {
    const int piece_width = DisplayWidth(piece.text);
    const bool last = cut && piece_width >= left;
    // One column too few for the piece makes Truncate put the ellipsis that stands for the rest.
    const std::string text = !last ? piece.text
                             : piece_width > left
                                 ? Truncate(piece.text, left, ellipsis)
                                 : absl::StrCat(Truncate(piece.text, left - 1, ""), ellipsis);
    const char* const escape = color ? EscapeFor(piece.style) : "";
    absl::StrAppend(&result, escape, text, *escape == '\0' ? "" : kReset);
    left -= piece_width;
    if (last) break;
  }
  return result;
}

}  // namespace qalam
