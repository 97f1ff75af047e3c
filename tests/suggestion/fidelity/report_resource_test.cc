// A number of reports as the resource: the same search, told by labels in place of a parameter.
#include "suggestion/fidelity/report_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/trial_labels.h"
#include "suggestion/resumption.h"
#include "tests/suggestion/fidelity/rung_search.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// x and y, without a parameter for the resource.
SuggesterSpec ReportsSpec(Settings settings) {
  SuggesterSpec spec = RungSpec(27, std::move(settings));
  std::vector<Parameter> parameters = spec.space->parameters();
  std::erase_if(parameters, [](const Parameter& parameter) { return parameter.name == "epochs"; });
  spec.space = std::make_shared<const SearchSpace>(*SearchSpace::Create(parameters));
  spec.settings.erase("resource_name");
  spec.settings["resource_type"] = "reports";
  return spec;
}

std::string MostOf(const std::string& algorithm) {
  return algorithm == "hyperband" ? "r_l" : "max_resource";
}

double ReportsOf(const TrialRecord& trial) {
  return static_cast<double>(PlannedReports(trial.labels).value_or(0));
}

void FinishByReports(const History&, TrialRecord& trial) {
  trial.condition = TrialCondition::kSucceeded;
  trial.objective = trial.assignment[0] + 1 / ReportsOf(trial);
}

class ReportsTest : public ::testing::TestWithParam<const char*> {
 protected:
  SuggesterSpec Spec() const { return ReportsSpec({{MostOf(GetParam()), "27"}}); }
  RungSearch Search(int parallel) const {
    return {.algorithm = GetParam(),
            .spec = Spec(),
            .parallel = parallel,
            .most = 60,
            .finish = FinishByReports};
  }
};

TEST_P(ReportsTest, EachTrialSaysHowOftenItReportsAndWhomItGoesOnFrom) {
  const History history = Search(4).Run().history;
  std::map<double, int> counts;
  for (int i = 0; i < history.size(); ++i) {
    const TrialRecord& trial = history.trial(i);
    ASSERT_EQ(trial.assignment.size(), 2U);
    ++counts[ReportsOf(trial)];
    const std::optional<int64_t> parent = ResumedTrial(trial.labels);
    if (!parent.has_value()) continue;
    const TrialRecord& before = history.trial(*FindTrial(history, *parent));
    EXPECT_EQ(trial.assignment, before.assignment);
    EXPECT_EQ(ReportsOf(trial), 3 * ReportsOf(before));
  }
  for (const auto& [reports, count] : counts) {
    EXPECT_THAT(reports, testing::AnyOf(1, 3, 9, 27)) << count;
  }
  EXPECT_GT(counts[1], counts[3]);
  EXPECT_GE(counts[27], 1);
}

TEST_P(ReportsTest, ANewInstanceEachCallChangesNothing) {
  RungSearch search = Search(3);
  const RungSearch::Result kept = search.Run();
  search.new_instance_each_call = true;
  const RungSearch::Result renewed = search.Run();
  ASSERT_EQ(kept.history.size(), renewed.history.size());
  for (int i = 0; i < kept.history.size(); ++i) {
    EXPECT_EQ(kept.history.trial(i), renewed.history.trial(i)) << i;
  }
  EXPECT_EQ(kept.explanations, renewed.explanations);
}

TEST_P(ReportsTest, ExplanationsSayHowManyReports) {
  const RungSearch::Result result = Search(1).Run();
  EXPECT_THAT(result.explanations[0], HasSubstr("(reports 1)"));
}

// As of any other resource: what is at the top is trained in full.
TEST_P(ReportsTest, ATrialWithoutTheLabelIsTakenForOneThatWasTrainedInFull) {
  const SuggesterSpec spec = Spec();
  auto suggester = CreateSuggester(GetParam(), spec);
  ASSERT_OK(suggester.status());
  History history(spec.space, spec.objective);
  history.Put({.number = 0,
               .assignment = {0.5, 0.5},
               .condition = TrialCondition::kSucceeded,
               .objective = 0.1});
  auto* const resuming = dynamic_cast<ResumingSuggester*>(suggester->get());
  ASSERT_NE(resuming, nullptr);
  EXPECT_FALSE(resuming->MayGoOnFrom(history, 0));
  EXPECT_OK((*suggester)->Suggest(history, 1).status());
}

TEST_P(ReportsTest, SaysWhatIsWrongWithTheSettings) {
  const auto problem = [&](SuggesterSpec spec) {
    return std::string(CreateSuggester(GetParam(), spec).status().message());
  };
  EXPECT_EQ(problem(Spec()), "");
  EXPECT_THAT(problem(ReportsSpec({})),
              HasSubstr(absl::StrCat(MostOf(GetParam()), " must be set")));
  EXPECT_THAT(problem(ReportsSpec({{MostOf(GetParam()), "2.5"}})),
              HasSubstr("2.5; with resource_type reports it is a whole number"));
  SuggesterSpec named = Spec();
  named.settings["resource_name"] = "x";
  EXPECT_THAT(problem(named), HasSubstr("leave one of them out"));
  SuggesterSpec of_katib = Spec();
  of_katib.never_waits = true;
  EXPECT_THAT(problem(of_katib), HasSubstr("Katib's controller stops no trial"));
  SuggesterSpec least = Spec();
  least.settings["min_resource"] = "28";
  EXPECT_THAT(problem(least), HasSubstr("min_resource is 28, more than"));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, ReportsTest,
                         testing::Values("asha", "hyperband", "bohb", "dehb", "multifidelity"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace qalam
