#include "cli/terminal_painter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

constexpr char kHideCursor[] = "\x1b[?25l";
constexpr char kShowCursor[] = "\x1b[?25h";
constexpr char kClearToEndOfLine[] = "\x1b[K";
constexpr char kClearToEndOfScreen[] = "\x1b[J";
// Terminals that know it show the picture in one go; others ignore it.
constexpr char kBeginUpdate[] = "\x1b[?2026h";
constexpr char kEndUpdate[] = "\x1b[?2026l";

}  // namespace

int VisibleWidth(const std::string& line) {
  std::string visible;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\x1b') {
      visible += line[i];
      continue;
    }
    while (i < line.size() && line[i] != 'm') ++i;
  }
  return DisplayWidth(visible);
}

std::string TerminalPainter::UpToTop(int width) const {
  // A terminal that became narrower has broken the lines that no longer fit.
  int rows = 0;
  for (const int columns : painted_widths_) rows += std::max(1, (columns + width - 1) / width);
  return rows == 0 ? "\r" : absl::StrCat("\r\x1b[", rows, "A");
}

void TerminalPainter::Paint(const std::vector<std::string>& lines, int width) {
  std::string text = kBeginUpdate;
  if (!cursor_hidden_) text += kHideCursor;
  cursor_hidden_ = true;
  text += UpToTop(std::max(1, width));
  // Broken lines leave rests: then everything is cleared first, which may flicker.
  if (width < width_) text += kClearToEndOfScreen;
  painted_widths_.clear();
  for (const std::string& line : lines) {
    absl::StrAppend(&text, line, kClearToEndOfLine, "\n");
    painted_widths_.push_back(VisibleWidth(line));
  }
  absl::StrAppend(&text, kClearToEndOfScreen, kEndUpdate);
  width_ = width;
  output_->Write(text);
  output_->Flush();
}

void TerminalPainter::Clear() {
  if (painted_widths_.empty()) return;
  output_->Write(absl::StrCat(UpToTop(GetTerminalSize(output_->fd()).width), kClearToEndOfScreen));
  output_->Flush();
  painted_widths_.clear();
}

void TerminalPainter::Release() {
  Clear();
  if (!cursor_hidden_) return;
  output_->Write(kShowCursor);
  output_->Flush();
  cursor_hidden_ = false;
}

}  // namespace qalam
