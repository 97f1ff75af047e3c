// qalam run on a terminal: the live view, and the keys that stop it.
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kPatienceMs = 30000;

// A program on a terminal of its own, 80 columns wide.
class OnTerminal {
 public:
  OnTerminal(const std::vector<std::string>& argv, const std::string& term, bool color) {
    winsize size = {.ws_row = 24, .ws_col = 80};
    pid_ = forkpty(&fd_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    setenv("TERM", term.c_str(), 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    if (!color) setenv("NO_COLOR", "1", 1);
    if (color) unsetenv("NO_COLOR");
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  ~OnTerminal() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(fd_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  // Reads until `text` has been written, or the program has ended when it is empty.
  bool ReadUntil(const std::string& text) {
    while (text.empty() || written_.find(text) == std::string::npos) {
      pollfd waiting = {.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, kPatienceMs) <= 0) return false;
      std::array<char, 4096> buffer;
      const ssize_t got = read(fd_, buffer.data(), buffer.size());
      if (got <= 0) return text.empty();
      written_.append(buffer.data(), static_cast<size_t>(got));
    }
    return true;
  }
  void Type(char key) { ASSERT_EQ(write(fd_, &key, 1), 1); }
  int ExitCode() {
    EXPECT_TRUE(ReadUntil(""));
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& written() const { return written_; }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
  std::string written_;
};

class TerminalTest : public QalamTest {
 protected:
  // Trials that wait for the file "go".
  std::string Waiting() const {
    ShellExperiment experiment;
    experiment.command = absl::StrCat("echo loss=9; until [ -e ", Path("go"),
                                      " ]; do sleep 0.02; done; echo loss=$X");
    return Write(experiment);
  }
  std::vector<std::string> Argv(const std::vector<std::string>& words) const {
    std::vector<std::string> argv = {QALAM_BINARY, "--data-dir", Path("data")};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
};

constexpr char kShowCursor[] = "\x1b[?25h";
constexpr char kHideCursor[] = "\x1b[?25l";
constexpr char kCtrlC = 3;

TEST_F(TerminalTest, TheLiveViewGivesWayToTheSummary) {
  OnTerminal run(Argv({"run", Waiting()}), "xterm", /*color=*/true);
  ASSERT_TRUE(run.ReadUntil("2 running"));
  ASSERT_TRUE(run.ReadUntil("0/4 trials"));
  ASSERT_TRUE(run.ReadUntil(" 9 "));  // a value that a running trial has reported
  WriteFile(Path("go"), "");
  EXPECT_EQ(run.ExitCode(), 0);
  const std::string& text = run.written();
  EXPECT_THAT(text, AllOf(HasSubstr(kHideCursor), HasSubstr("\x1b[1mdigits"), HasSubstr("░")));
  const std::string after = text.substr(text.rfind(kShowCursor));
  EXPECT_THAT(after, AllOf(HasSubstr("default/digits Succeeded"), HasSubstr("Trials: 4"),
                           Not(HasSubstr("running")), Not(HasSubstr(kHideCursor))));
}

TEST_F(TerminalTest, CtrlCStopsAndGivesTheCursorBack) {
  OnTerminal run(Argv({"run", Waiting()}), "xterm", /*color=*/false);
  ASSERT_TRUE(run.ReadUntil("2 running"));
  run.Type(kCtrlC);
  EXPECT_EQ(run.ExitCode(), 3);
  const std::string& text = run.written();
  EXPECT_THAT(text, AllOf(HasSubstr("Ctrl-C again kills them at once"), HasSubstr("resume digits"),
                          Not(HasSubstr("\x1b[1m"))));
  EXPECT_GT(text.rfind(kShowCursor), text.rfind(kHideCursor));
  EXPECT_EQ(ConditionOf("digits"), "Suspended");
}

TEST_F(TerminalTest, ADumbTerminalGetsPlainLines) {
  OnTerminal run(Argv({"run", Write({})}), "dumb", /*color=*/true);
  EXPECT_EQ(run.ExitCode(), 0);
  EXPECT_THAT(run.written(), AllOf(HasSubstr("(best so far)"), Not(HasSubstr("\x1b"))));
}

TEST_F(TerminalTest, DeleteAsksAndTakesNoForNo) {
  ASSERT_EQ(Qalam({"run", "-q", Write({})}).code, 0);
  OnTerminal no(Argv({"delete", "experiment", "digits"}), "xterm", /*color=*/false);
  ASSERT_TRUE(no.ReadUntil("Delete experiment default/digits with 4 trials and their logs? [y/N]"));
  no.Type('\n');
  EXPECT_EQ(no.ExitCode(), 0);
  EXPECT_THAT(no.written(), HasSubstr("nothing was deleted"));
  EXPECT_EQ(ConditionOf("digits"), "Succeeded");
  OnTerminal yes(Argv({"delete", "experiment", "digits"}), "xterm", /*color=*/false);
  ASSERT_TRUE(yes.ReadUntil("[y/N]"));
  yes.Type('y');
  yes.Type('\n');
  EXPECT_EQ(yes.ExitCode(), 0);
  EXPECT_EQ(ConditionOf("digits"), "");
}

}  // namespace
}  // namespace qalam
