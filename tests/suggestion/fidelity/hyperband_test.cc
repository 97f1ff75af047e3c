// Hyperband: the brackets of the paper, run to their end by any number of workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/hyperband_schedule.h"
#include "tests/suggestion/fidelity/rung_search.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// r_l, eta, parallelTrialCount
using Shape = std::tuple<int, int, int>;

Settings SettingsOf(int most, int eta) {
  return {{"r_l", absl::StrCat(most)}, {"eta", absl::StrCat(eta)}};
}

std::vector<PlannedBracket> PlanOf(const SuggesterSpec& spec, double most, double eta) {
  return PlanHyperband(*Resource::Create(spec.space, "epochs"), 1, most, eta);
}

TEST(HyperbandPlanTest, IsThatOfThePaper) {
  EXPECT_THAT(PlanOf(RungSpec(81, {}), 81, 3),
              ElementsAre(PlannedBracket{{5, 81}}, PlannedBracket{{8, 27}, {2, 81}},
                          PlannedBracket{{15, 9}, {5, 27}, {1, 81}},
                          PlannedBracket{{34, 3}, {11, 9}, {3, 27}, {1, 81}},
                          PlannedBracket{{81, 1}, {27, 3}, {9, 9}, {3, 27}, {1, 81}}));
}

TEST(HyperbandPlanTest, RoundingOfLogarithmsLosesNoBracket) {
  for (int s = 1; s < 12; ++s) {
    const int most = static_cast<int>(std::pow(3, s));
    EXPECT_EQ(PlanOf(RungSpec(most, {}), most, 3).size(), static_cast<size_t>(s) + 1);
  }
}

TEST(HyperbandPlanTest, RungsOfEqualAmountsAreOne) {
  const auto space = MakeSpace(
      {DoubleParameter("x", 0, 1), ListParameter("epochs", ParameterType::kDiscrete, {"2", "9"})});
  const Resource resource = *Resource::Create(space, "epochs");
  EXPECT_THAT(PlanHyperband(resource, 1, 9, 3),
              ElementsAre(PlannedBracket{{3, 9}}, PlannedBracket{{5, 2}, {1, 9}},
                          PlannedBracket{{9, 2}, {1, 9}}));
}

class HyperbandShapeTest : public testing::TestWithParam<Shape> {
 protected:
  HyperbandShapeTest() {
    const auto& [most, eta, parallel] = GetParam();
    spec_ = RungSpec(most, SettingsOf(most, eta));
    search_ = {
        .algorithm = "hyperband", .spec = spec_, .parallel = parallel, .finish = FinishSteadily};
    for (const PlannedBracket& bracket : PlanOf(spec_, most, eta)) {
      for (const PlannedRung& rung : bracket) {
        planned_[rung.amount] += static_cast<int>(rung.count);
        total_ += static_cast<int>(rung.count);
      }
    }
  }

  SuggesterSpec spec_;
  RungSearch search_;
  std::map<double, int> planned_;  // trials by epochs
  int total_ = 0;
};

TEST_P(HyperbandShapeTest, EveryRungOfEveryBracketIsRunAndThenItEnds) {
  const RungSearch::Result result = search_.Run();
  EXPECT_EQ(CountsByEpochs(result.history), planned_);
  ExpectLineages(result.history);
  search_.new_instance_each_call = true;
  const RungSearch::Result forgetful = search_.Run();
  EXPECT_EQ(forgetful.explanations, result.explanations);
}

TEST_P(HyperbandShapeTest, TheBestOfEachRungGoOn) {
  const History history = search_.Run().history;
  std::map<std::tuple<int64_t, int>, std::set<RankedTrial>> rungs;
  std::map<std::tuple<int64_t, int>, std::set<int64_t>> parents;
  for (int i = 0; i < history.size(); ++i) {
    const TrialRecord& trial = history.trial(i);
    const HyperbandPlace place = ParseHyperbandPlace(trial.labels).value();
    rungs[{place.bracket, place.rung}].insert(
        {.loss = *trial.objective, .number = trial.number, .index = i});
    if (place.rung > 0) {
      parents[{place.bracket, place.rung - 1}].insert(*ResumedTrial(trial.labels));
    }
  }
  for (const auto& [rung, went_on] : parents) {
    std::set<int64_t> best;
    for (const RankedTrial& trial : rungs[rung]) {
      if (best.size() < went_on.size()) best.insert(trial.number);
    }
    EXPECT_EQ(went_on, best);
  }
}

TEST_P(HyperbandShapeTest, WithAsManyTrialsAsItTakesMaxTrialCountChangesNothing) {
  search_.spec.max_trial_count = search_.most = total_;
  EXPECT_EQ(CountsByEpochs(search_.Run().history), planned_);
}

TEST_P(HyperbandShapeTest, WithMaxTrialCountNobodyIsIdleUntilTheEndComesNear) {
  search_.spec.max_trial_count = 10 * total_ + 10 * search_.parallel;
  search_.most = static_cast<int>(*search_.spec.max_trial_count) / 2;
  const RungSearch::Result result = search_.Run();
  EXPECT_EQ(result.history.size(), search_.most);
  EXPECT_EQ(result.idle, 0);
  ExpectLineages(result.history);
}

TEST_P(HyperbandShapeTest, ThoseThatMustNotWaitDoNotAndStillRunEveryRung) {
  search_.spec.never_waits = true;
  search_.most = 2 * total_ + 2 * search_.parallel;
  search_.spec.max_trial_count = search_.most;
  const RungSearch::Result result = search_.Run();
  EXPECT_EQ(result.history.size(), search_.most);
  EXPECT_EQ(result.idle, 0);
  std::set<std::pair<int, int>> places;
  for (int i = 0; i < result.history.size(); ++i) {
    const HyperbandPlace place = ParseHyperbandPlace(result.history.trial(i).labels).value();
    places.insert({place.s, place.rung});
  }
  size_t rungs = 0;
  for (const PlannedBracket& bracket :
       PlanOf(spec_, std::get<0>(GetParam()), std::get<1>(GetParam()))) {
    rungs += bracket.size();
  }
  EXPECT_EQ(places.size(), rungs);
}

TEST_P(HyperbandShapeTest, TrialsThatFailOrSayNothingNeitherGoOnNorHoldUpTheRest) {
  RandomStream random(1, 0, "trouble");
  search_.finish = [&](const History& history, TrialRecord& trial) {
    trial.objective = SteadyLoss(history, trial);
    switch (random.Below(12)) {
      case 0:
        trial.objective.reset();
        trial.condition = TrialCondition::kFailed;
        break;
      case 1:
        trial.objective = std::nan("");
        break;
      case 2:
        trial.condition = TrialCondition::kEarlyStopped;
        break;
      case 3:
        trial.condition = TrialCondition::kKilled;
        break;
      case 4:
        trial.objective.reset();
        trial.condition = TrialCondition::kMetricsUnavailable;
        break;
      case 5:
        trial.objective = -std::numeric_limits<double>::infinity();
        break;
      default:
        break;
    }
  };
  const History history = search_.Run().history;
  EXPECT_LE(history.size(), total_);
  const auto& [most, eta, parallel] = GetParam();
  EXPECT_GE(CountsByEpochs(history)[most], 1);
  EXPECT_EQ(history.active(), 0);
  for (int i = 0; i < history.size(); ++i) {
    const std::optional<int64_t> parent = ResumedTrial(history.trial(i).labels);
    if (!parent.has_value()) continue;
    EXPECT_EQ(history.trial(static_cast<int>(*parent)).condition, TrialCondition::kSucceeded);
    EXPECT_TRUE(std::isfinite(*history.trial(static_cast<int>(*parent)).objective));
  }
}

TEST_P(HyperbandShapeTest, EndsWhenEveryTrialFails) {
  search_.finish = [](const History&, TrialRecord& trial) {
    trial.condition = TrialCondition::kFailed;
  };
  const History history = search_.Run().history;
  const auto& [most, eta, parallel] = GetParam();
  int first_rungs = 0;
  for (const PlannedBracket& bracket : PlanOf(spec_, most, eta)) {
    first_rungs += static_cast<int>(bracket[0].count);
  }
  EXPECT_EQ(history.size(), first_rungs);
}

std::string NameOfShape(const testing::TestParamInfo<Shape>& info) {
  const auto& [most, eta, parallel] = info.param;
  return absl::StrCat(most, "_", eta, "_", parallel);
}

INSTANTIATE_TEST_SUITE_P(Shapes, HyperbandShapeTest,
                         testing::Values(Shape(9, 3, 9), Shape(27, 3, 27), Shape(4, 2, 4),
                                         Shape(81, 3, 81), Shape(27, 3, 4), Shape(9, 3, 1),
                                         Shape(16, 4, 200)),
                         NameOfShape);

TEST(HyperbandTest, SaysWhyEachTrialIsProposed) {
  const RungSearch::Result result =
      RungSearch{
          .algorithm = "hyperband", .spec = RungSpec(9, SettingsOf(9, 3)), .finish = FinishSteadily}
          .Run();
  EXPECT_EQ(result.explanations[4],
            "hyperband: bracket 2, rung 1 of 3 (epochs 1), configuration 5 of 9; random draw");
  const int64_t best = *ResumedTrial(result.history.trial(9).labels);
  EXPECT_EQ(result.explanations[9],
            absl::StrCat("hyperband: bracket 2, rung 2 of 3 (epochs 3), promoted from trial ", best,
                         " (rank 1 of 9)"));
}

TEST(HyperbandTest, ASecondPassBeginsWithNewConfigurations) {
  SuggesterSpec spec = RungSpec(9, SettingsOf(9, 3));
  spec.settings["passes"] = "2";
  const RungSearch::Result result =
      RungSearch{.algorithm = "hyperband", .spec = spec, .finish = FinishSteadily}.Run();
  EXPECT_THAT(CountsByEpochs(result.history),
              ElementsAre(Pair(1, 18), Pair(3, 2 * 8), Pair(9, 2 * 5)));
  std::set<Assignment> begun;
  for (int i = 0; i < result.history.size(); ++i) {
    const TrialRecord& trial = result.history.trial(i);
    if (ResumedTrial(trial.labels).has_value()) continue;
    EXPECT_TRUE(begun.insert(trial.assignment).second);
  }
  EXPECT_THAT(result.explanations[22], HasSubstr("hyperband: pass 2, bracket 2, rung 1 of 3"));
}

TEST(HyperbandTest, TheRestOfTheTrialsGoesToBracketsThatTheyCanComplete) {
  SuggesterSpec spec = RungSpec(9, SettingsOf(9, 3));
  spec.max_trial_count = 22 + 8;  // a bracket of 6 fits, one of 13 does not
  const History history =
      RungSearch{.algorithm = "hyperband", .spec = spec, .most = 30, .finish = FinishSteadily}
          .Run()
          .history;
  EXPECT_THAT(CountsByEpochs(history), ElementsAre(Pair(1, 9), Pair(3, 8 + 5), Pair(9, 5 + 1 + 2)));
}

TEST(HyperbandTest, GoesOnWhenMaxTrialCountHasBeenRaised) {
  SuggesterSpec spec = RungSpec(9, SettingsOf(9, 3));
  spec.max_trial_count = 22;
  const RungSearch::Result result = RungSearch{.algorithm = "hyperband",
                                               .spec = spec,
                                               .parallel = 4,
                                               .most = 60,
                                               .finish = FinishSteadily}
                                        .Run();
  EXPECT_EQ(result.history.size(), 60);
  ExpectLineages(result.history);
}

TEST(HyperbandTest, TheRangeOfTheResourceDoesNotMatterAsInKatib) {
  SuggesterSpec spec = RungSpec(1, {{"r_l", "2"}, {"eta", "2"}});
  const History history =
      RungSearch{.algorithm = "hyperband", .spec = spec, .finish = FinishSteadily}.Run().history;
  EXPECT_THAT(CountsByEpochs(history), ElementsAre(Pair(1, 2), Pair(2, 1 + 2)));
}

TEST(HyperbandTest, AmountsKeepToStepsAndListsOfTheResource) {
  SuggesterSpec spec = RungSpec(9, {{"r_l", "1"}, {"eta", "2"}, {"min_resource", "0.25"}});
  spec.space = MakeSpace({DoubleParameter("x", 0, 1), SteppedParameter("epochs", 0.2, 1, 0.2),
                          DoubleParameter("y", 0, 1)});
  RungSearch search{.algorithm = "hyperband", .spec = spec, .finish = FinishSteadily};
  EXPECT_THAT(CountsByEpochs(search.Run().history),
              ElementsAre(Pair(0.2, 4), Pair(testing::DoubleNear(0.4, 1e-12), 5), Pair(1, 5)));
  search.spec.space =
      MakeSpace({DoubleParameter("x", 0, 1),
                 ListParameter("epochs", ParameterType::kDiscrete, {"0.25", "0.5", "1"}),
                 DoubleParameter("y", 0, 1)});
  EXPECT_THAT(CountsByEpochs(search.Run().history),
              ElementsAre(Pair(0.25, 4), Pair(0.5, 5), Pair(1, 5)));
}

TEST(HyperbandTest, EndsWhenResultsAreReusedAndNoConfigurationIsLeft) {
  SuggesterSpec spec = RungSpec(9, SettingsOf(9, 3));
  spec.space =
      MakeSpace({IntParameter("x", 0, 1), IntParameter("epochs", 1, 9), IntParameter("y", 0, 1)});
  spec.duplicates = DuplicatePolicy::kReuse;
  spec.max_trial_count = 1000;
  const History history =
      RungSearch{.algorithm = "hyperband", .spec = spec, .finish = FinishSteadily}.Run().history;
  EXPECT_THAT(CountsByEpochs(history), ElementsAre(Pair(1, 4), Pair(3, 3), Pair(9, 1)));
}

TEST(HyperbandTest, ProblemsOfSettingsAreToldInKatibsWords) {
  const AlgorithmDescriptor& hyperband = **FindAlgorithm("hyperband");
  const auto problem = [&](Settings settings) {
    SuggesterSpec spec = RungSpec(9, {});
    spec.settings = std::move(settings);
    const std::vector<absl::Status> problems = ValidateAlgorithm(hyperband, spec);
    return problems.empty() ? "" : std::string(problems[0].message());
  };
  EXPECT_EQ(problem({{"r_l", "9"}, {"resource_name", "epochs"}}), "");
  EXPECT_EQ(problem({}), "r_l and resource_name must be set.");
  EXPECT_EQ(problem({{"resource_name", "epochs"}}), "r_l and resource_name must be set.");
  EXPECT_EQ(problem({{"r_l", "9"}, {"resource_name", "steps"}}),
            "value of resource_name setting must be in parameters. There is no \"steps\"");
  EXPECT_THAT(problem({{"r_l", "-1"}, {"resource_name", "epochs"}}), HasSubstr("r_l is \"-1\""));
  EXPECT_THAT(problem({{"r_l", "9"}, {"resource_name", "epochs"}, {"min_resource", "10"}}),
              HasSubstr("min_resource is 10, more than r_l, 9"));
}

TEST(ResourceTest, IsAParameterThatNothingElseDependsOn) {
  const Parameter optimizer = ListParameter("o", ParameterType::kCategorical, {"a", "b"});
  const auto space =
      MakeSpace({IntParameter("i", 1, 9), optimizer, When(IntParameter("j", 1, 9), "o", {"a"}),
                 WhenWithin(IntParameter("k", 1, 9), "l", 2, 3), IntParameter("l", 1, 9)},
                {"i <= 5"});
  const auto problem = [&](const char* name) {
    return std::string(Resource::Create(space, name).status().message());
  };
  EXPECT_THAT(problem("o"), HasSubstr("categorical"));
  EXPECT_THAT(problem("j"), HasSubstr("exists under a condition"));
  EXPECT_THAT(problem("l"), HasSubstr("on which k depends"));
  EXPECT_THAT(problem("i"), AllOf(HasSubstr("i <= 5"), HasSubstr("mentions")));
  EXPECT_THAT(problem("m"), HasSubstr("must be in parameters"));
}

TEST(HyperbandTest, TrialsOfOthersTakeNoPart) {
  const SuggesterSpec spec = RungSpec(9, SettingsOf(9, 3));
  History history(spec.space, spec.objective);
  for (int i = 0; i < 5; ++i) {
    TrialRecord trial = PendingTrial(i, {0.1 * i, 1.0 + i, 0.5});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = -i;
    if (i == 2) trial.labels = {{"hyperband.bracket", "0"}, {"hyperband.s", "9"}};
    if (i == 3) trial.labels = FormatHyperbandPlace({.bracket = 0, .s = 2, .rung = 1});
    history.Put(trial);
  }
  const auto suggester = CreateSuggester("hyperband", spec).value();
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, suggester->Suggest(history, 9));
  for (const Suggestion& suggestion : batch) {
    EXPECT_EQ(suggestion.assignment[1], 1);
    EXPECT_EQ(ParseHyperbandPlace(suggestion.labels),
              std::optional<HyperbandPlace>({.bracket = 0, .s = 2, .rung = 0}));
  }
}

}  // namespace
}  // namespace qalam
