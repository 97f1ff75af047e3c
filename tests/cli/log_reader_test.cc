#include "cli/log_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LogReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::path(testing::TempDir()) /
           absl::StrCat("log_reader_", getpid(), "_",
                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(dir_);
    fd_ = open((dir_ / "copy").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ASSERT_GE(fd_, 0);
  }
  void TearDown() override {
    close(fd_);
    std::filesystem::remove_all(dir_);
  }
  void Append(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name, std::ios::app) << text;
  }
  std::string Copied() {
    std::ostringstream text;
    text << std::ifstream(dir_ / "copy").rdbuf();
    return text.str();
  }

  std::filesystem::path dir_;
  int fd_ = -1;
};

TEST_F(LogReaderTest, SaysWhenThereIsNoLogYet) {
  Output output(fd_, Output::Buffering::kNone);
  LogReader reader(dir_ / "log");
  ASSERT_OK_AND_ASSIGN(const bool present, reader.CopyNew(&output));
  EXPECT_FALSE(present);
}

TEST_F(LogReaderTest, CopiesTheRotatedPartFirstAndThenWhatIsAdded) {
  Output output(fd_, Output::Buffering::kNone);
  Append("log.1", "old\n");
  Append("log", "new\n");
  LogReader reader(dir_ / "log");
  ASSERT_OK(reader.CopyNew(&output));
  EXPECT_EQ(Copied(), "old\nnew\n");
  Append("log", "more\n");
  ASSERT_OK(reader.CopyNew(&output));
  ASSERT_OK(reader.CopyNew(&output));
  EXPECT_EQ(Copied(), "old\nnew\nmore\n");
}

TEST_F(LogReaderTest, LosesNothingWhenTheLogIsRotated) {
  Output output(fd_, Output::Buffering::kNone);
  std::string expected;
  LogReader reader(dir_ / "log");
  for (int round = 0; round < 5; ++round) {
    const std::string before = absl::StrCat("before ", round, "\n");
    const std::string unread = absl::StrCat("unread ", round, "\n");
    const std::string after = absl::StrCat("after ", round, "\n");
    Append("log", before);
    ASSERT_OK(reader.CopyNew(&output));
    Append("log", unread);
    std::filesystem::rename(dir_ / "log", dir_ / "log.1");
    Append("log", after);
    ASSERT_OK(reader.CopyNew(&output));
    absl::StrAppend(&expected, before, unread, after);
    EXPECT_EQ(Copied(), expected);
  }
}

TEST_F(LogReaderTest, TheEndOfALongLogIsReadWithoutItsBeginning) {
  EXPECT_THAT(LastLogLines(dir_ / "log", 3), IsEmpty());
  for (int i = 0; i < 5000; ++i) Append("log", absl::StrCat("line ", i, "\n"));
  EXPECT_THAT(LastLogLines(dir_ / "log", 2), ElementsAre("line 4998", "line 4999"));
  EXPECT_THAT(LastLogLines(dir_ / "log", 100), SizeIs(100));
}

TEST_F(LogReaderTest, AShortLogIsShownWhole) {
  Append("log", "a\n\nb");
  EXPECT_THAT(LastLogLines(dir_ / "log", 10), ElementsAre("a", "", "b"));
}

}  // namespace
}  // namespace qalam
