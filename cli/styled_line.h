#ifndef QALAM_CLI_STYLED_LINE_H_
#define QALAM_CLI_STYLED_LINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace qalam {

enum class TextStyle { kPlain, kBold, kDim, kGood, kBad, kAccent };

// One line of the terminal: pieces of text, each in a style. Cut to the width when it is rendered.
class StyledLine {
 public:
  StyledLine() = default;
  explicit StyledLine(absl::string_view text, TextStyle style = TextStyle::kPlain) {
    Add(text, style);
  }
  // Adds text, made printable.
  StyledLine& Add(absl::string_view text, TextStyle style = TextStyle::kPlain);
  // Adds text in a column of its own: filled up with spaces to `width`, and two more.
  StyledLine& AddColumn(absl::string_view text, int width, TextStyle style = TextStyle::kPlain);
  int width() const;
  // The line in at most `width` columns, with escape sequences when `color`.
  std::string Render(int width, bool color, bool utf8) const;

 private:
  struct Piece {
    std::string text;
    TextStyle style;
  };
  std::vector<Piece> pieces_;
};

}  // namespace qalam

#endif  // QALAM_CLI_STYLED_LINE_H_
