#include "suggestion/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RegistryTest, NamesAreUniqueAndFound) {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    ASSERT_OK_AND_ASSIGN(const AlgorithmDescriptor* found, FindAlgorithm(algorithm.name));
    EXPECT_EQ(found, &algorithm) << algorithm.name << " is registered twice";
    names.push_back(algorithm.name);
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"random", "grid", "sobol"}));
}

TEST(RegistryTest, UnknownNamesGetAHint) {
  EXPECT_THAT(FindAlgorithm("sobel"),
              StatusIs(absl::StatusCode::kNotFound,
                       testing::AllOf(HasSubstr("unknown algorithm name \"sobel\""),
                                      HasSubstr("random, grid, sobol"),
                                      HasSubstr("did you mean \"sobol\"?"))));
  EXPECT_THAT(FindAlgorithm(""),
              StatusIs(absl::StatusCode::kNotFound, testing::Not(HasSubstr("did you mean"))));
}

TEST(RegistryTest, EveryProblemIsReported) {
  SuggesterSpec spec;
  spec.space = TestSpace("flat");
  spec.settings = {{"random_state", "-1"}, {"colour", "red"}};
  ASSERT_OK_AND_ASSIGN(const AlgorithmDescriptor* grid, FindAlgorithm("grid"));
  EXPECT_THAT(
      ValidateAlgorithm(*grid, spec),
      ElementsAre(StatusIs(absl::StatusCode::kInvalidArgument,
                           "unknown setting colour for algorithm grid (it has random_state)"),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           "setting random_state is \"-1\"; it must be an int >= 0"),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Param lr step is nil"))));
  EXPECT_THAT(CreateSuggester("grid", spec),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::AllOf(HasSubstr("colour"), HasSubstr("step is nil"))));
}

TEST(RegistryTest, SeveralObjectivesAreForThoseThatKnowThem) {
  SuggesterSpec spec;
  spec.space = TestSpace("flat");
  spec.objective.further = {{.metric = "latency"}};
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    const std::vector<absl::Status> problems = ValidateAlgorithm(algorithm, spec);
    const bool refused =
        std::any_of(problems.begin(), problems.end(), [](const absl::Status& problem) {
          return absl::StrContains(problem.message(),
                                   "optimises one metric; for several take one of");
        });
    EXPECT_EQ(refused, !algorithm.capabilities.multi_objective) << algorithm.name;
  }
}

TEST(ValidateSettingTest, SaysWhatIsAllowed) {
  SettingSpec gamma{.name = "gamma", .type = SettingType::kDouble, .min = 0, .max = 1};
  gamma.min_exclusive = gamma.max_exclusive = true;
  EXPECT_OK(ValidateSetting(gamma, "0.5"));
  for (const char* value : {"0", "1", "-1", "nan", "inf", "half", ""}) {
    EXPECT_THAT(
        ValidateSetting(gamma, value),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it must be a number > 0 and < 1")))
        << value;
  }
  const SettingSpec any{.name = "n", .type = SettingType::kInt};
  EXPECT_THAT(ValidateSetting(any, "1.5"), StatusIs(absl::StatusCode::kInvalidArgument,
                                                    "setting n is \"1.5\"; it must be an int"));
  const SettingSpec flag{.name = "liar", .type = SettingType::kBool};
  EXPECT_OK(ValidateSetting(flag, "TRUE"));
  EXPECT_THAT(ValidateSetting(flag, "yes"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it must be true or false")));
}

TEST(ValidateSettingTest, ChoicesAreExactAndHinted) {
  const SettingSpec mode{
      .name = "mode", .type = SettingType::kString, .choices = {"auto", "sampling"}};
  EXPECT_OK(ValidateSetting(mode, "auto"));
  EXPECT_THAT(ValidateSetting(mode, "samplin"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "setting mode is \"samplin\"; it must be auto or sampling; did you mean "
                       "\"sampling\"?"));
  const SettingSpec text{.name = "path", .type = SettingType::kString};
  EXPECT_OK(ValidateSetting(text, ""));
}

TEST(RegistryTest, AValidSpecHasNoProblems) {
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    SuggesterSpec spec;
    spec.space = TestSpace("finite");
    if (HasSetting(algorithm, "random_state")) spec.settings["random_state"] = "0";
    EXPECT_THAT(ValidateAlgorithm(algorithm, CompleteSpec(algorithm, spec)), IsEmpty())
        << algorithm.name;
  }
}

}  // namespace
}  // namespace qalam
