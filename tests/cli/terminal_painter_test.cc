#include "cli/terminal_painter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace qalam {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// A pipe in place of a terminal.
class TerminalPainterTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  std::string Written() {
    std::array<char, 4096> buffer;
    const ssize_t got = read(pipe_[0], buffer.data(), buffer.size());
    return std::string(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(TerminalPainterTest, DrawsOverItsLastPicture) {
  Output output(pipe_[1], Output::Buffering::kNone);
  TerminalPainter painter(&output);
  painter.Paint({"one", "two"}, 80);
  EXPECT_THAT(Written(), Not(HasSubstr("\x1b[2A")));
  painter.Paint({"three"}, 80);
  const std::string second = Written();
  EXPECT_THAT(second, HasSubstr("\r\x1b[2Athree\x1b[K\n\x1b[J"));
  painter.Paint({"four"}, 80);
  EXPECT_THAT(Written(), HasSubstr("\r\x1b[1Afour"));
  painter.Release();
}

TEST_F(TerminalPainterTest, CountsTheRowsThatANarrowerTerminalMadeOfItsLines) {
  Output output(pipe_[1], Output::Buffering::kNone);
  TerminalPainter painter(&output);
  painter.Paint({"0123456789", "\x1b[31mabc\x1b[0m"}, 80);
  Written();
  painter.Paint({"x"}, 4);  // 3 rows and 1 row
  EXPECT_THAT(Written(), HasSubstr("\r\x1b[4A\x1b[J"));
  painter.Release();
}

TEST_F(TerminalPainterTest, GivesTheCursorBack) {
  Output output(pipe_[1], Output::Buffering::kNone);
  {
    TerminalPainter painter(&output);
    painter.Paint({"one"}, 80);
    EXPECT_THAT(Written(), HasSubstr("\x1b[?25l"));
  }
  EXPECT_THAT(Written(), EndsWith("\x1b[?25h"));
}

TEST_F(TerminalPainterTest, WritesNothingWhenNothingWasPainted) {
  Output output(pipe_[1], Output::Buffering::kNone);
  { TerminalPainter painter(&output); }
  close(pipe_[1]);
  EXPECT_EQ(Written(), "");
}

TEST(VisibleWidthTest, LeavesEscapeSequencesOut) {
  EXPECT_EQ(VisibleWidth("\x1b[1mab\x1b[0mc"), 3);
  EXPECT_EQ(VisibleWidth(""), 0);
}

}  // namespace
}  // namespace qalam
