#include "server/trial_codes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace qalam {
namespace {

TEST(TrialCodesTest, NamesTellTheirNumberAndId) {
  for (const int64_t number : {int64_t{0}, int64_t{1}, int64_t{4711}, kMaxTrialNumber - 1}) {
    for (const uint32_t id : {uint32_t{0}, uint32_t{99}, kMaxExperimentId - 1}) {
      const TrialCode code{.number = number, .id = id};
      EXPECT_EQ(ParseTrialName("digits", CodedTrialName("digits", code)), code);
    }
  }
}

TEST(TrialCodesTest, NamesAreShortLowerCaseLabels) {
  const std::string name = CodedTrialName(std::string(40, 'e'), {.number = 7, .id = 3});
  EXPECT_EQ(name.size(), 53U);
  EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
}

TEST(TrialCodesTest, NamesOfOtherMakersAreNotTakenForOurs) {
  EXPECT_EQ(ParseTrialName("digits", "digits-bcdfghjk"), std::nullopt);
  EXPECT_EQ(ParseTrialName("digits", "digits-bcdfghjklmnp"), std::nullopt);
  EXPECT_EQ(ParseTrialName("digits", "digits-aaaaaaaaaaaa"), std::nullopt);
  EXPECT_EQ(ParseTrialName("digits", "digits"), std::nullopt);
  EXPECT_EQ(ParseTrialName("digits", ""), std::nullopt);
  const std::string other = CodedTrialName("letters", {.number = 7, .id = 3});
  EXPECT_EQ(ParseTrialName("digits", other), std::nullopt);
  EXPECT_EQ(ParseTrialName("digits", "digits" + other.substr(other.find('-'))), std::nullopt)
      << "the check covers the experiment's name";
}

TEST(TrialCodesTest, NamesDifferWhereNumberOrIdDiffer) {
  std::set<std::string> names;
  for (int64_t number = 0; number < 2000; ++number) {
    names.insert(CodedTrialName("digits", {.number = number, .id = 1}));
    names.insert(CodedTrialName("digits", {.number = number, .id = 2}));
  }
  EXPECT_EQ(names.size(), 4000U);
}

}  // namespace
}  // namespace qalam
