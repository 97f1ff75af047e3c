#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/spec/fields.h"
#include "controller/spec/load.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ExplainField, SaysTypeDefaultAndMeaning) {
  ASSERT_OK_AND_ASSIGN(const std::string text, ExplainField("spec.objective.goal"));
  EXPECT_EQ(
      text,
      "spec.objective.goal <number> (default: none)  The experiment succeeds as soon as a trial is "
      "at least this good.\n");
}

TEST(ExplainField, ListsAllThatIsBelow) {
  ASSERT_OK_AND_ASSIGN(const std::string text, ExplainField("spec.objective"));
  EXPECT_THAT(text, AllOf(StartsWith("spec.objective <map>"),
                          HasSubstr("spec.objective.type <minimize|maximize>"),
                          Not(HasSubstr("spec.algorithm"))));
  ASSERT_OK_AND_ASSIGN(const std::string all, ExplainField(""));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(all, '\n')).size() - 1,
            ExperimentFields().size());
}

TEST(ExplainField, TakesPathsWithAndWithoutIndices) {
  ASSERT_OK_AND_ASSIGN(const std::string plain, ExplainField("spec.parameters.name"));
  ASSERT_OK_AND_ASSIGN(const std::string list, ExplainField("spec.parameters[].name"));
  ASSERT_OK_AND_ASSIGN(const std::string item, ExplainField("spec.parameters[3].name"));
  EXPECT_EQ(plain, list);
  EXPECT_EQ(plain, item);
}

TEST(ExplainField, ListsAlgorithmsAndStoppingRulesWithTheirSettings) {
  ASSERT_OK_AND_ASSIGN(const std::string algorithms, ExplainField("spec.algorithm.algorithmName"));
  EXPECT_THAT(algorithms, AllOf(StartsWith("spec.algorithm.algorithmName <text> (default: auto)"),
                                HasSubstr("\n  random  Draws"),
                                HasSubstr("    random_state <an int >= 0>  Seed")));
  ASSERT_OK_AND_ASSIGN(const std::string rules,
                       ExplainField("spec.earlyStopping.algorithmSettings"));
  EXPECT_THAT(rules, AllOf(HasSubstr("\n  medianstop  Stops"),
                           HasSubstr("    start_step <an int >= 1> (default: 4)  Reports"),
                           HasSubstr("    rules <any text>  Names")));
}

TEST(ExplainField, GuessesWhatWasMeant) {
  EXPECT_THAT(ExplainField("spec.objective.gaol"),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("Did you mean \"goal\"?"),
                             HasSubstr("Fields of spec.objective: type, goal"))));
  EXPECT_THAT(ExplainField("spec.objectiv.goal"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("Did you mean \"objective\"?")));
  EXPECT_THAT(ExplainField("spec.objective.goal.x"),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("spec.objective.goal has no fields of its own")));
  EXPECT_THAT(ExplainField("xyz"), StatusIs(absl::StatusCode::kNotFound,
                                            HasSubstr("Fields of an Experiment: apiVersion")));
}

TEST(Fields, EachHasItsParentBeforeItAndASentence) {
  std::set<std::string> seen = {""};
  for (const FieldInfo& field : ExperimentFields()) {
    SCOPED_TRACE(std::string(field.path));
    const size_t dot = field.path.rfind('.');
    std::string parent(field.path.substr(0, dot == absl::string_view::npos ? 0 : dot));
    if (absl::EndsWith(parent, "[]")) parent.resize(parent.size() - 2);
    EXPECT_TRUE(seen.count(parent)) << parent;
    EXPECT_TRUE(seen.insert(std::string(field.path)).second) << "listed twice";
    EXPECT_TRUE(absl::EndsWith(field.help, "."));
    EXPECT_EQ(FindField(field.path), &field);
  }
}

}  // namespace
}  // namespace qalam
