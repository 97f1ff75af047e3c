#include "core/constraint.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// a, b: doubles in [-10, 10]; n: int; batch: discrete 16, 32, 64; opt: sgd, adam; num-layers: int.
std::vector<Parameter> Parameters() {
  return {
      {.name = "a", .min = -10, .max = 10},
      {.name = "b", .min = -10, .max = 10},
      {.name = "n", .type = ParameterType::kInt, .min = 0, .max = 100},
      {.name = "batch", .type = ParameterType::kDiscrete, .list = {"16", "32", "64"}},
      {.name = "opt", .type = ParameterType::kCategorical, .list = {"sgd", "adam"}},
      {.name = "num-layers", .type = ParameterType::kInt, .min = 1, .max = 9},
  };
}

// Values: a, b, n, index of batch, index of opt, num-layers.
bool Holds(const std::string& text, const std::vector<double>& values) {
  const auto constraint = ParameterConstraint::Parse(text, Parameters());
  EXPECT_OK(constraint) << text;
  if (!constraint.ok()) return false;
  EXPECT_EQ(constraint->Violation(values) == 0, constraint->Holds(values)) << text;
  EXPECT_EQ(constraint->FailedTests(values).empty(), constraint->Holds(values)) << text;
  return constraint->Holds(values);
}

const std::vector<double> kValues = {1, 2, 3, 1, 0, 4};  // batch 32, opt sgd

TEST(ParameterConstraintTest, ComparesSums) {
  for (const char* text : {"a < b",
                           "a <= b",
                           "b > a",
                           "b >= a",
                           "a == 1",
                           "a != b",
                           "a + b == n",
                           "a + b <= n",
                           "2*a == b",
                           "a*2 == b",
                           "a - b == -1",
                           "-a == -(1)",
                           "+a > 0",
                           "2 * (a + b) == 6",
                           "n / 3 == a",
                           "(a + 1) * 2 == 4",
                           "batch == 32",
                           "batch / 2 == 16",
                           "batch > n * 10 + 1",
                           "1 <= a < b <= 2",
                           "1e0 == a",
                           ".5 * b == a",
                           "`num-layers` == 4",
                           "a < 1.5 and b < 2.5",
                           "0.1*a + 0.1*b == 0.3"}) {
    EXPECT_TRUE(Holds(text, kValues)) << text;
    EXPECT_FALSE(Holds(std::string("not (") + text + ")", kValues)) << text;
    EXPECT_TRUE(Holds(std::string("not not (") + text + ")", kValues)) << text;
  }
  for (const char* text : {"a > b", "a >= b", "b < a", "b <= a", "a == b", "a != 1", "a < 1",
                           "a + b < n", "1 < a < b", "batch == 16"}) {
    EXPECT_FALSE(Holds(text, kValues)) << text;
    EXPECT_TRUE(Holds(std::string("not (") + text + ")", kValues)) << text;
  }
}

TEST(ParameterConstraintTest, ComparesTexts) {
  EXPECT_TRUE(Holds("opt == 'sgd'", kValues));
  EXPECT_TRUE(Holds("\"sgd\" == opt", kValues));
  EXPECT_TRUE(Holds("opt != 'adam'", kValues));
  EXPECT_FALSE(Holds("opt == 'adam'", kValues));
  EXPECT_TRUE(Holds("batch == '32'", kValues));
  EXPECT_TRUE(Holds("batch != '16'", kValues));
  EXPECT_TRUE(Holds("(opt) == 'sgd'", kValues));
}

TEST(ParameterConstraintTest, AndBindsMoreTightlyThanOrAndNotMoreThanBoth) {
  EXPECT_TRUE(Holds("a == 1 or a == 2 and a == 3", kValues));
  EXPECT_FALSE(Holds("(a == 1 or a == 2) and a == 3", kValues));
  EXPECT_TRUE(Holds("not a == 2 and b == 2", kValues));
  EXPECT_FALSE(Holds("not (a == 1 or b == 7)", kValues));
  EXPECT_TRUE(Holds("not (a == 1 and b == 7)", kValues));
  EXPECT_TRUE(Holds("opt == 'adam' or batch >= 32 and n < 4", kValues));
}

TEST(ParameterConstraintTest, RoundingDoesNotDecide) {
  EXPECT_TRUE(Holds("a + b == 0.3", {0.1, 0.2, 0, 0, 0, 1}));
  EXPECT_FALSE(Holds("a + b < 0.3", {0.1, 0.2, 0, 0, 0, 1}));
  EXPECT_FALSE(Holds("a + b > 0.3", {0.1, 0.2, 0, 0, 0, 1}));
  EXPECT_TRUE(Holds("a + b > 0.3", {0.1, 0.2000001, 0, 0, 0, 1}));
  EXPECT_TRUE(Holds("1e308 * a + 1e308 * b <= 1e308", {10, -10, 0, 0, 0, 1})) << "no overflow";
}

TEST(ParameterConstraintTest, KnowsWhatItMentions) {
  ASSERT_OK_AND_ASSIGN(const auto constraint,
                       ParameterConstraint::Parse("opt == 'sgd' or n < a + n", Parameters()));
  EXPECT_THAT(constraint.parameters(), ElementsAre(0, 4)) << "n cancels out";
  EXPECT_EQ(constraint.text(), "opt == 'sgd' or n < a + n");
}

TEST(ParameterConstraintTest, ForbidsACombination) {
  ASSERT_OK_AND_ASSIGN(const auto constraint, ParameterConstraint::Forbid(
                                                  {{"opt", "sgd"}, {"batch", "32"}}, Parameters()));
  EXPECT_FALSE(constraint.Holds(kValues));
  EXPECT_TRUE(constraint.Holds({1, 2, 3, 0, 0, 4}));
  EXPECT_TRUE(constraint.Holds({1, 2, 3, 1, 1, 4}));
  EXPECT_EQ(constraint.text(), "not (opt == 'sgd' and batch == '32')");
  EXPECT_THAT(ParameterConstraint::Forbid({{"op", "sgd"}}, Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("did you mean \"opt\"?")));
  EXPECT_THAT(ParameterConstraint::Forbid({{"opt", "x"}}, Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"x\" is not a value")));
  EXPECT_THAT(ParameterConstraint::Forbid({{"n", "1"}, {"n", "2"}}, Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(ParameterConstraint::Forbid({}, Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

TEST(ParameterConstraintTest, MistakesAreToldWithTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "at character 1: a value is missing at the end"},
      {"a <", "at character 4: a value is missing"},
      {"a", "a comparison is needed here"},
      {"a + b", "a comparison is needed here"},
      {"a < b c", "at character 7: found \"c\" where an operator or the end was expected"},
      {"a = b", "at character 3: \"=\" is no comparison; write =="},
      {"a < b && n > 1", "at character 7: write \"and\""},
      {"bath > 3", "at character 1: there is no parameter \"bath\"; did you mean \"batch\"?"},
      {"opt == sgd",
       "at character 8: there is no parameter \"sgd\"; to mean the value of \"opt\" "
       "write it in quotes: 'sgd'"},
      {"opt == 'sdg'", "at character 8: 'sdg' is not a value of \"opt\"; did you mean 'sgd'?"},
      {"opt < 'sgd'", "at character 5: texts have no order"},
      {"opt == 1", "a categorical parameter can only be compared with a text"},
      {"opt == opt", "a categorical parameter can only be compared with a text"},
      {"opt + 1 < 2", "a number is needed here, not the categorical parameter \"opt\""},
      {"a == '1'", "write numbers without quotes"},
      {"'x' == 'x'", "can only be compared with a categorical or discrete parameter"},
      {"a * b < 1", "at character 3: only a parameter times a number"},
      {"1 / a < 1", "only division by a number"},
      {"a / 0 < 1", "division by zero"},
      {"1 < 2", "at character 3: this comparison does not depend on any parameter"},
      {"a - a < 2", "does not depend on any parameter"},
      {"(a < b", "at character 7: found the end where \")\" was expected"},
      {"a < (b < n)", "a number is needed here, not a condition"},
      {"a < 'x", "at character 5: the quote ' is not closed"},
      {"a < 1.2.3", "\"1.2.3\" is not a finite number"},
      {"a < 1e999", "is not a finite number"},
      {"a * 1e300 * 1e300 < 1", "too large"},
      {"a < ü", "at character 5: this character has no meaning here"},
      {"`ü` < 1", "there is no parameter \"ü\""},
      {"a < b and", "at character 10: a value is missing"},
      {"not a", "a comparison is needed here"},
      {"num-layers < 3", "there is no parameter \"num\""},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(ParameterConstraint::Parse(text, Parameters()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  }
}

TEST(ParameterConstraintTest, LengthAndDepthAreLimited) {
  const std::string deep = std::string(200, '(') + "a < 1" + std::string(200, ')');
  EXPECT_THAT(ParameterConstraint::Parse(deep, Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper than 50")));
  EXPECT_THAT(ParameterConstraint::Parse(std::string(1000, '-') + "a < 1", Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper")));
  EXPECT_THAT(ParameterConstraint::Parse("a < " + std::string(3000, '1'), Parameters()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("3004 bytes long"), HasSubstr("at most 2000"))));
}

TEST(ParameterConstraintTest, ViolationShrinksTowardsWhereItHolds) {
  ASSERT_OK_AND_ASSIGN(const auto constraint,
                       ParameterConstraint::Parse("a + b <= 1", Parameters()));
  const double far = constraint.Violation({9, 9, 0, 0, 0, 1});
  const double near = constraint.Violation({1, 1, 0, 0, 0, 1});
  EXPECT_GT(far, near);
  EXPECT_GT(near, 0);
}

}  // namespace
}  // namespace qalam
