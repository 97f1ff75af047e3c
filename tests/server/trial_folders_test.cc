#include "server/trial_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::HasSubstr;

class TrialFoldersTest : public testing::Test {
 protected:
  static SuggestionAnswer Answer(const std::string& name, const std::string& parent) {
    SuggestionAnswer answer;
    answer.trials.push_back({.name = name, .values = {}, .parent = parent});
    return answer;
  }
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(dir_.path() + "/" + file) << text;
  }
  std::string Read(const std::string& file) const {
    std::stringstream text;
    text << std::ifstream(dir_.path() + "/" + file).rdbuf();
    return text.str();
  }
  bool Exists(const std::string& file) const {
    return std::filesystem::exists(dir_.path() + "/" + file);
  }

  TempDir dir_;
  TrialFolders folders_ = TrialFolders(dir_.path());
};

TEST_F(TrialFoldersTest, ATrialBeginsWithACopyOfItsParentsFolder) {
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-a", "")));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path() + "/pbt/pbt-a"));
  Write("pbt/pbt-a/weights", "1");
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-b", "pbt-a")));
  EXPECT_EQ(Read("pbt/pbt-b/weights"), "1");
}

TEST_F(TrialFoldersTest, AQuestionThatIsRepeatedChangesNothing) {
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-a", "")));
  Write("pbt/pbt-a/weights", "1");
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-b", "pbt-a")));
  Write("pbt/pbt-b/weights", "2");
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-b", "pbt-a")));
  EXPECT_EQ(Read("pbt/pbt-b/weights"), "2");
}

TEST_F(TrialFoldersTest, WithoutAVolumeNothingIsMade) {
  ASSERT_OK(TrialFolders(dir_.path() + "/none").Make("pbt", Answer("pbt-a", "")));
  ASSERT_OK(TrialFolders("").Make("pbt", Answer("pbt-a", "")));
  EXPECT_FALSE(Exists("none"));
}

TEST_F(TrialFoldersTest, NamesThatLeadElsewhereAreRefused) {
  for (const char* name : {"", "..", "../pbt", "a/b", ".new.x"}) {
    EXPECT_THAT(folders_.Make(name, Answer("pbt-a", "")),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("experiment.name")))
        << name;
  }
}

TEST_F(TrialFoldersTest, ACopyThatFailsIsAnErrorToTryAgain) {
  ASSERT_OK(folders_.Make("pbt", Answer("pbt-a", "")));
  Write("pbt/file", "no folder");
  EXPECT_THAT(folders_.Make("pbt", Answer("pbt-b", "file")),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("pbt-b")));
  EXPECT_FALSE(Exists("pbt/pbt-b"));
}

}  // namespace
}  // namespace qalam
