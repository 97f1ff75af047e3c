#ifndef QALAM_CLI_TERMINAL_PAINTER_H_
#define QALAM_CLI_TERMINAL_PAINTER_H_

#include <string>
#include <vector>

#include "cli/output.h"

namespace qalam {

// Draws a few lines at the bottom of the terminal and draws over them again. What was printed
// before scrolls up as usual: no alternate screen. Hides the cursor while a picture is there.
class TerminalPainter {
 public:
  explicit TerminalPainter(Output* output) : output_(output) {}
  ~TerminalPainter() { Release(); }

  // Replaces the picture. The lines (which may hold escape sequences) are no wider than `width`.
  void Paint(const std::vector<std::string>& lines, int width);
  // Removes the picture, so that text may be printed where it was.
  void Clear();
  // Clear, and shows the cursor again.
  void Release();

 private:
  std::string UpToTop(int width) const;

  Output* const output_;
  std::vector<int> painted_widths_;  // columns of each line of the picture
  int width_ = 0;                    // of the terminal when it was painted
  bool cursor_hidden_ = false;
};

// How many columns a line with escape sequences takes.
int VisibleWidth(const std::string& line);

}  // namespace qalam

#endif  // QALAM_CLI_TERMINAL_PAINTER_H_
