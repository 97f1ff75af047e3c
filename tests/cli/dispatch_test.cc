#include "cli/dispatch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/version.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  ExitCode code;
  std::string out;
  std::string err;
};

std::string Contents(int fd) {
  std::string text(static_cast<size_t>(lseek(fd, 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  close(fd);
  return text;
}

// Runs a command line that needs no data folder.
Outcome RunWords(const std::vector<std::string>& words) {
  const int out_fd = memfd_create("out", 0);
  const int err_fd = memfd_create("err", 0);
  Outcome outcome;
  {
    Output out(out_fd, Output::Buffering::kBlock);
    Output err(err_fd, Output::Buffering::kNone);
    const SystemClock clock;
    outcome.code = Dispatch(words, &out, &err, &clock);
  }
  outcome.out = Contents(out_fd);
  outcome.err = Contents(err_fd);
  return outcome;
}

TEST(DispatchTest, ShowsTheVersion) {
  const Outcome outcome = RunWords({"--version"});
  EXPECT_EQ(outcome.code, ExitCode::kSuccess);
  EXPECT_EQ(outcome.out, absl::StrCat("qalam ", kVersion, "\n"));
}

TEST(DispatchTest, HelpCanBeAskedForInEveryWay) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"help", "get"},
                                                {"get", "--help"},
                                                {"get", "-h"},
                                                {"--help", "get"},
                                                {"get", "trials", "--help"}}) {
    const Outcome outcome = RunWords(words);
    EXPECT_EQ(outcome.code, ExitCode::kSuccess);
    EXPECT_THAT(outcome.out, StartsWith("List experiments or trials"));
    EXPECT_EQ(outcome.err, "");
  }
  EXPECT_THAT(RunWords({"--help"}).out, HasSubstr("Verbs:"));
  EXPECT_THAT(RunWords({"help"}).out, HasSubstr("Verbs:"));
}

TEST(DispatchTest, WithoutAVerbTheHelpIsAnError) {
  const Outcome outcome = RunWords({});
  EXPECT_EQ(outcome.code, ExitCode::kUsage);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("Verbs:"));
}

TEST(DispatchTest, UnknownVerbsAndFlagsAreBadUsage) {
  EXPECT_THAT(RunWords({"rnu"}).err, "qalam: error: unknown verb \"rnu\"; did you mean run?\n");
  EXPECT_EQ(RunWords({"rnu"}).code, ExitCode::kUsage);
  EXPECT_THAT(RunWords({"xyzxyz"}).err, HasSubstr("`qalam --help` lists them"));
  EXPECT_THAT(RunWords({"get", "--outptu", "x"}).err, HasSubstr("did you mean --output?"));
  EXPECT_EQ(RunWords({"--nosuch", "get"}).code, ExitCode::kUsage);
}

TEST(DispatchTest, CountsArguments) {
  EXPECT_THAT(RunWords({"best"}).err,
              AllOf(HasSubstr("missing argument"), HasSubstr("Usage: qalam best")));
  EXPECT_EQ(RunWords({"best"}).code, ExitCode::kUsage);
  EXPECT_THAT(RunWords({"best", "a", "b"}).err, HasSubstr("unexpected argument \"b\""));
}

TEST(DispatchTest, AnEmptyDataFolderIsRefused) {
  EXPECT_THAT(RunWords({"--data-dir=", "get", "exp"}).err, HasSubstr("--data-dir is empty"));
}

TEST(DispatchTest, ReadingFromAFolderThatIsNotThereCreatesNothing) {
  const std::string dir = absl::StrCat(testing::TempDir(), "/qalam_absent_", getpid());
  const Outcome list = RunWords({"get", "experiments", "--data-dir", dir});
  EXPECT_EQ(list.code, ExitCode::kSuccess);
  EXPECT_EQ(list.out, "");
  EXPECT_THAT(list.err, AllOf(HasSubstr("no experiments"), HasSubstr(dir)));
  const Outcome best = RunWords({"best", "digits", "--data-dir", dir});
  EXPECT_EQ(best.code, ExitCode::kUsage);
  EXPECT_THAT(best.err, HasSubstr(absl::StrCat("no experiments in ", dir)));
  EXPECT_NE(access(dir.c_str(), F_OK), 0);
}

TEST(DispatchTest, AFullDiskBelowStandardOutputIsAnError) {
  const int full = open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  Output out(full, Output::Buffering::kBlock);
  const int err_fd = memfd_create("err", 0);
  Output err(err_fd, Output::Buffering::kNone);
  const SystemClock clock;
  EXPECT_EQ(Dispatch({"--help"}, &out, &err, &clock), ExitCode::kError);
  EXPECT_THAT(Contents(err_fd), HasSubstr("cannot write to standard"));
  close(full);
}

}  // namespace
}  // namespace qalam
