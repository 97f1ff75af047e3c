#include "cli/flags.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<FlagSpec>& Specs() {
  static const auto& specs = *new std::vector<FlagSpec>{
      {.name = "output", .short_name = 'o', .value = "FORMAT", .choices = {"json", "yaml", "name"}},
      {.name = "namespace", .short_name = 'n', .value = "NS"},
      {.name = "filename", .short_name = 'f', .value = "FILE", .repeatable = true},
      {.name = "all-namespaces", .short_name = 'A'},
      {.name = "watch", .short_name = 'w'},
      {.name = "count", .value = "N"},
  };
  return specs;
}

absl::StatusOr<ParsedFlags> Parse(std::vector<std::string> words) {
  return ParseFlags(words, Specs());
}

TEST(FlagsTest, ReadsEveryWayToWriteAValue) {
  const std::vector<std::vector<std::string>> ways = {
      {"--output", "json"}, {"--output=json"}, {"-o", "json"}, {"-ojson"}, {"-o=json"}};
  for (const std::vector<std::string>& words : ways) {
    SCOPED_TRACE(words[0]);
    ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, Parse(words));
    EXPECT_EQ(flags.Value("output"), "json");
    EXPECT_THAT(flags.args(), IsEmpty());
  }
}

TEST(FlagsTest, TakesFlagsAndArgumentsInAnyOrder) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags,
                       Parse({"trials", "-n", "team", "digits", "--watch", "-"}));
  EXPECT_THAT(flags.args(), ElementsAre("trials", "digits", "-"));
  EXPECT_EQ(flags.Value("namespace"), "team");
  EXPECT_TRUE(flags.IsOn("watch"));
}

TEST(FlagsTest, TwoDashesEndTheFlags) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, Parse({"-w", "--", "--output", "-x", "--"}));
  EXPECT_THAT(flags.args(), ElementsAre("--output", "-x", "--"));
  EXPECT_FALSE(flags.Value("output").has_value());
}

TEST(FlagsTest, SwitchesCanBeGroupedAndTurnedOff) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, Parse({"-Aw"}));
  EXPECT_TRUE(flags.IsOn("all-namespaces"));
  EXPECT_TRUE(flags.IsOn("watch"));
  ASSERT_OK_AND_ASSIGN(const ParsedFlags off, Parse({"--watch=false"}));
  EXPECT_FALSE(off.IsOn("watch", /*by_default=*/true));
  EXPECT_TRUE(off.IsOn("all-namespaces", /*by_default=*/true));
  ASSERT_OK_AND_ASSIGN(const ParsedFlags grouped, Parse({"-wn", "team"}));
  EXPECT_EQ(grouped.Value("namespace"), "team");
}

TEST(FlagsTest, KeepsAllValuesOfARepeatableFlagAndTheLastOfOthers) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags,
                       Parse({"-f", "a", "--filename=b", "-n", "x", "-n", "y"}));
  EXPECT_THAT(flags.Values("filename"), ElementsAre("a", "b"));
  EXPECT_EQ(flags.Value("namespace"), "y");
  EXPECT_THAT(flags.Values("output"), IsEmpty());
}

TEST(FlagsTest, AValueMayLookLikeAFlagOrBeEmpty) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, Parse({"-n", "--watch", "--filename="}));
  EXPECT_EQ(flags.Value("namespace"), "--watch");
  EXPECT_FALSE(flags.IsOn("watch"));
  EXPECT_EQ(flags.Value("filename"), "");
}

TEST(FlagsTest, AnUnknownFlagIsNamedWithTheNearestOne) {
  EXPECT_THAT(Parse({"--outptu", "json"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("unknown flag --outptu"), HasSubstr("--output?"))));
  EXPECT_THAT(Parse({"--zzzzzz=1"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "unknown flag --zzzzzz"));
  EXPECT_THAT(Parse({"-wx"}), StatusIs(absl::StatusCode::kInvalidArgument, "unknown flag -x"));
}

TEST(FlagsTest, RefusesWhatCannotBeAValue) {
  EXPECT_THAT(Parse({"-o"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "-o needs a value: FORMAT"));
  EXPECT_THAT(Parse({"--output", "jsno"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("--output: \"jsno\""), HasSubstr("json, yaml or name"),
                             HasSubstr("did you mean json?"))));
  EXPECT_THAT(Parse({"--watch=maybe"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("true or false")));
}

TEST(FlagsTest, ReadsOnlyTheFlagsBeforeTheFirstArgumentWhenAsked) {
  const std::vector<std::string> words = {"-n", "team", "run", "-w"};
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags,
                       ParseFlags(words, Specs(), ParseMode::kUntilArgument));
  EXPECT_EQ(flags.words_read(), 2U);
  EXPECT_FALSE(flags.IsOn("watch"));
}

TEST(FlagsTest, IntegersAreCheckedAgainstTheirMinimum) {
  ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, Parse({"--count", "7"}));
  EXPECT_THAT(IntegerFlag(flags, "count", 1), IsOk());
  EXPECT_EQ(**IntegerFlag(flags, "count", 1), 7);
  EXPECT_FALSE((*IntegerFlag(flags, "namespace", 1)).has_value());
  EXPECT_THAT(IntegerFlag(flags, "count", 8),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least 8")));
  for (const char* const bad : {"", "x", "1.5", "1e3", "99999999999999999999"}) {
    SCOPED_TRACE(bad);
    ASSERT_OK_AND_ASSIGN(const ParsedFlags wrong, Parse({absl::StrCat("--count=", bad)}));
    EXPECT_THAT(IntegerFlag(wrong, "count", 0),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--count")));
  }
}

}  // namespace
}  // namespace qalam
