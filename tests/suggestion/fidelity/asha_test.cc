// Asynchronous promotion: nobody waits, and the best of each rung go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/hyperband_plan.h"
#include "suggestion/fidelity/promotion_rung.h"
#include "tests/suggestion/fidelity/rung_search.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RungSearch Asha(int most, Settings settings = {}) {
  return {
      .algorithm = "asha", .spec = RungSpec(most, std::move(settings)), .finish = FinishSteadily};
}

// What is promotable, computed from the definition.
std::optional<int64_t> PromotableOf(const std::vector<double>& losses, int without, double eta,
                                    const std::set<int64_t>& promoted) {
  std::set<std::pair<double, int64_t>> order;
  for (size_t i = 0; i < losses.size(); ++i) order.insert({losses[i], static_cast<int64_t>(i)});
  int64_t left = static_cast<int64_t>((static_cast<double>(losses.size()) + without) / eta);
  for (const auto& [loss, number] : order) {
    if (left-- <= 0) break;
    if (!promoted.contains(number)) return number;
  }
  return std::nullopt;
}

TEST(PromotionRungTest, FindsWhatTheDefinitionFindsWhateverTheOrder) {
  RandomStream random(1, 0, "rung");
  for (const double eta : {2.0, 3.0, 4.0}) {
    PromotionRung rung(eta);
    std::vector<double> losses;
    std::set<int64_t> promoted;
    int without = 0;
    for (int step = 0; step < 300; ++step) {
      if (random.Below(10) == 0) {
        ++without;
        rung.AddWithoutResult();
      } else {
        const int64_t number = static_cast<int64_t>(losses.size());
        losses.push_back(static_cast<double>(random.Below(50)));
        rung.Add({.loss = losses.back(), .number = number, .index = static_cast<int>(number)});
      }
      const std::optional<RankedTrial> found = rung.Promotable();
      const std::optional<int64_t> expected = PromotableOf(losses, without, eta, promoted);
      ASSERT_EQ(found.has_value(), expected.has_value()) << step;
      if (!found.has_value()) continue;
      ASSERT_EQ(found->number, *expected);
      if (random.Below(2) == 0) {
        promoted.insert(found->number);
        rung.MarkPromoted(found->number);
      }
    }
  }
}

TEST(GeometricAmountsTest, EndWithTheMostAndHaveNoneTwice) {
  const Resource resource = *Resource::Create(RungSpec(50, {}).space, "epochs");
  EXPECT_THAT(GeometricAmounts(resource, 1, 50, 3), ElementsAre(1, 3, 9, 27, 50));
  EXPECT_THAT(GeometricAmounts(resource, 1, 27, 3), ElementsAre(1, 3, 9, 27));
  EXPECT_THAT(GeometricAmounts(resource, 0.1, 3, 3), ElementsAre(1, 3));
  EXPECT_THAT(GeometricAmounts(resource, 5, 5, 3), ElementsAre(5));
}

class AshaTest : public testing::TestWithParam<int> {};

TEST_P(AshaTest, NobodyIsIdleAndEachRungIsAboutAThirdOfTheOneBelow) {
  RungSearch search = Asha(27);
  search.parallel = GetParam();
  search.most = 400;
  const RungSearch::Result result = search.Run();
  EXPECT_EQ(result.idle, 0);
  EXPECT_EQ(result.history.size(), 400);
  ExpectLineages(result.history);
  std::map<double, int> counts = CountsByEpochs(result.history);
  EXPECT_EQ(counts.size(), 4U);
  for (const double amount : {1, 3, 9}) {
    // More than a third: who was among the best at the time may be so no more.
    EXPECT_LE(counts[3 * amount], 0.45 * counts[amount] + 2);
    EXPECT_GE(counts[3 * amount], counts[amount] / 3 - GetParam()) << amount;
  }
}

TEST_P(AshaTest, ANewInstanceForEachCallChangesNothing) {
  RungSearch search = Asha(27);
  search.parallel = GetParam();
  search.most = 120;
  const std::vector<std::string> explanations = search.Run().explanations;
  search.new_instance_each_call = true;
  EXPECT_EQ(search.Run().explanations, explanations);
}

INSTANTIATE_TEST_SUITE_P(Workers, AshaTest, testing::Values(1, 4, 30));

TEST(AshaRuleTest, OnlyTrialsWithAWholeResultGoOn) {
  RungSearch search = Asha(27);
  search.parallel = 5;
  search.most = 200;
  search.finish = [](const History& history, TrialRecord& trial) {
    trial.objective = SteadyLoss(history, trial);
    if (trial.number % 3 == 1) trial.condition = TrialCondition::kFailed;
    if (trial.number % 5 == 2) trial.condition = TrialCondition::kEarlyStopped;
    if (trial.number % 7 == 3) trial.objective = std::nan("");
  };
  const History history = search.Run().history;
  EXPECT_GT(CountsByEpochs(history)[27], 0);
  for (int i = 0; i < history.size(); ++i) {
    const std::optional<int64_t> parent = ResumedTrial(history.trial(i).labels);
    if (!parent.has_value()) continue;
    EXPECT_NE(*parent % 3, 1);
    EXPECT_NE(*parent % 5, 2);
    EXPECT_NE(*parent % 7, 3);
  }
}

TEST(AshaRuleTest, TrialsOfOthersTakePartInTheRungOfTheirAmount) {
  const SuggesterSpec spec = RungSpec(9, {});
  History history(spec.space, spec.objective);
  for (int i = 0; i < 3; ++i) {
    TrialRecord trial = PendingTrial(i, {0.25 * i, 3, 0.5});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = -i;
    history.Put(trial);
  }
  const auto suggester = CreateSuggester("asha", spec).value();
  const Suggestion first = suggester->Suggest(history, 1).value()[0];
  EXPECT_EQ(first.assignment, Assignment({0.5, 9, 0.5}));
  EXPECT_EQ(first.labels, (std::map<std::string, std::string>{{kResumeFromLabel, "2"}}));
  EXPECT_EQ(first.explanation,
            "asha: rung 3 of 3 (epochs 9), promoted from trial 2 (among the best 1 of 3)");
}

TEST(AshaRuleTest, WhenNoConfigurationIsNewTheBestThatAreLeftGoOn) {
  RungSearch search = Asha(9);
  search.spec.space =
      MakeSpace({IntParameter("x", 0, 1), IntParameter("epochs", 1, 9), IntParameter("y", 0, 1)});
  search.spec.duplicates = DuplicatePolicy::kReuse;
  const RungSearch::Result result = search.Run();
  EXPECT_EQ(CountsByEpochs(result.history), (std::map<double, int>{{1, 4}, {3, 4}, {9, 4}}));
  EXPECT_THAT(result.explanations.back(), HasSubstr("the best that is left"));
}

TEST(AshaRuleTest, ARangeThatBeginsAtNothingNeedsALeastAmount) {
  SuggesterSpec spec = RungSpec(9, {});
  spec.space = MakeSpace(
      {DoubleParameter("x", 0, 1), DoubleParameter("epochs", 0, 9), DoubleParameter("y", 0, 1)});
  EXPECT_THAT(CreateSuggester("asha", spec),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("min_resource must be set")));
  spec.settings["min_resource"] = "0.5";
  EXPECT_OK(CreateSuggester("asha", spec));
  spec.settings["min_resource"] = "10";
  EXPECT_THAT(CreateSuggester("asha", spec),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("min_resource is 10, more than max_resource, 9")));
  spec.settings.erase("resource_name");
  EXPECT_THAT(CreateSuggester("asha", spec),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("resource_name must be set")));
}

}  // namespace
}  // namespace qalam
