#include "suggestion/schedule/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::shared_ptr<const SearchSpace> SomeSpace() {
  return MakeSpace({DoubleParameter("lr", 0, 1), WithDefault(IntParameter("layers", 1, 8), 3),
                    ListParameter("kind", ParameterType::kCategorical, {"a", "b \"c\"\n", "7"})},
                   {"layers <= 6"});
}

absl::StatusOr<std::vector<Assignment>> Parse(const std::string& text) {
  return ParseSteps(text, *SomeSpace());
}

TEST(StepsTest, AreReadFromALineEach) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Assignment> steps,
                       Parse("{\"lr\": \"0.1\", \"layers\": \"2\", \"kind\": \"a\"}\n"
                             "\n"
                             "  {\"kind\": 7, \"lr\": 1e-1}\r\n"));
  EXPECT_THAT(steps, ElementsAre(Assignment{0.1, 2, 0}, Assignment{0.1, 3, 2}));
}

TEST(StepsTest, SurviveBeingWritten) {
  for (const std::string& name : TestSpaceNames()) {
    SCOPED_TRACE(name);
    const auto space = TestSpace(name);
    std::vector<Assignment> steps;
    std::vector<NamedValues> named;
    for (const double u : {0.0, 0.21, 0.5, 0.93, 1.0}) {
      const std::vector<double> unit(static_cast<size_t>(space->size()), u);
      const Assignment step = space->FromUnit(unit);
      if (!space->Satisfies(step)) continue;
      steps.push_back(step);
      named.push_back(space->Format(step));
    }
    if (steps.empty()) continue;
    ASSERT_OK_AND_ASSIGN(const std::vector<Assignment> read,
                         ParseSteps(FormatSteps(named), *space));
    EXPECT_EQ(read, steps);
  }
}

TEST(StepsTest, AreWrittenForPeople) {
  EXPECT_EQ(FormatSteps({{{"lr", "0.1"}, {"kind", "b \"c\"\n"}}, {{"lr", "0.2"}}}),
            "{\"lr\": \"0.1\", \"kind\": \"b \\\"c\\\"\\n\"}\n{\"lr\": \"0.2\"}\n");
}

TEST(StepsTest, MistakesAreToldWithTheirLine) {
  const auto problem = [](const std::string& line) {
    return Parse("{\"lr\": 0.5, \"kind\": \"a\"}\n" + line).status();
  };
  const auto mistake = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument,
                    AllOf(StartsWith("setting steps, line 2: "), HasSubstr(text)));
  };
  EXPECT_THAT(problem("lr=0.1"), mistake("\"lr=0.1\" is not a JSON object"));
  EXPECT_THAT(problem("{\"lr\": 0.1} {\"lr\": 0.2}"), mistake("is not a JSON object"));
  EXPECT_THAT(problem("[1]"), mistake("is not a JSON object"));
  EXPECT_THAT(problem("{\"lr\": {}, \"kind\": \"a\"}"), mistake("must be a text or a number"));
  EXPECT_THAT(problem("{\"lr\": null, \"kind\": \"a\"}"), mistake("must be a text or a number"));
  EXPECT_THAT(problem("{\"lr\": 0.1}"), mistake("parameter \"kind\" has no value"));
  EXPECT_THAT(problem("{\"lr\": \"x\", \"kind\": \"a\"}"), mistake("is not a number"));
  EXPECT_THAT(problem("{\"lr\": 2, \"kind\": \"a\"}"), mistake("the value 2 of \"lr\""));
  EXPECT_THAT(problem("{\"lr\": 1, \"kind\": \"a\", \"layers\": 7}"), mistake("layers <= 6"));
  EXPECT_THAT(problem("{\"lr\": 1, \"kind\": \"a\", \"color\": 7}"), mistake("color"));
  EXPECT_THAT(problem(std::string(5000, '[')), mistake("[...\" is not a JSON object"));
}

TEST(StepsTest, TooManyAreAMistake) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "{\"lr\": 0.5, \"kind\": \"a\"}\n";
  EXPECT_OK(Parse(text));
  EXPECT_THAT(Parse(text + "{"), StatusIs(absl::StatusCode::kInvalidArgument,
                                          "setting steps has more than 10000 steps"));
}

TEST(StepsTest, NoneAreAMistake) {
  for (const char* text : {"", " \n\n"}) {
    EXPECT_THAT(Parse(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                      HasSubstr("qalam lineage NAME -o experiment")));
  }
}

}  // namespace
}  // namespace qalam
