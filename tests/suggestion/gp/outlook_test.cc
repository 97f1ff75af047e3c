// When a search is not worth going on with.
#include "suggestion/gp/outlook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/registry.h"
#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr double kBest = 0.37;

double Bowl(const Assignment& point) {
  return (point[0] - kBest) * (point[0] - kBest) + (point[1] - 0.6) * (point[1] - 0.6);
}

Objective LossOnly() {
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  return objective;
}

// A search by gp, one trial at a time, that an outlook follows.
struct OutlookSearch {
  std::shared_ptr<const SearchSpace> space =
      MakeSpace({DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1)});
  Objective objective = LossOnly();
  std::optional<double> below;
  double noise = 0;
  // Of constraints, if there are any.
  std::function<double(const Assignment&)> violation = nullptr;

  Outlook NewOutlook() const { return Outlook(space, objective, 3, below); }

  TrialRecord Finished(const Suggestion& suggestion, int64_t number) const {
    TrialRecord trial = PendingTrial(number, suggestion.assignment);
    RandomStream random(5, static_cast<uint64_t>(number), "world");
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = Bowl(trial.assignment) + noise * random.Normal();
    if (violation) trial.violations = {violation(trial.assignment)};
    return trial;
  }

  // The history when the outlook ends it, or after `most` trials.
  History Run(int most, std::string* verdict) const {
    SuggesterSpec spec{.space = space, .objective = objective, .seed = 3};
    const std::unique_ptr<Suggester> suggester = CreateSuggester("gp", spec).value();
    Outlook outlook = NewOutlook();
    History history(space, objective);
    while (history.size() < most) {
      *verdict = outlook.Verdict(history);
      if (!verdict->empty()) break;
      const Suggestion next = suggester->Suggest(history, 1).value().at(0);
      history.Put(Finished(next, history.next_number()));
    }
    return history;
  }
};

double LeastLoss(const History& history) {
  double least = 1e9;
  for (int i = 0; i < history.size(); ++i) {
    least = std::min(least, Bowl(history.trial(i).assignment));
  }
  return least;
}

TEST(OutlookTest, EndsASearchOfAFunctionWithoutNoiseWhenItIsNearTheOptimum) {
  std::string verdict;
  const History history = OutlookSearch{.below = 0.01}.Run(80, &verdict);
  EXPECT_LT(history.size(), 80);
  EXPECT_GE(history.size(), 30);
  EXPECT_LT(LeastLoss(history), 0.01);
  EXPECT_THAT(verdict, HasSubstr("to be better than the best by 0.01"));
}

TEST(OutlookTest, EndsASearchWhoseResultsVaryMoreThanThereIsToGain) {
  std::string verdict;
  const History history = OutlookSearch{.noise = 0.1}.Run(120, &verdict);
  EXPECT_LT(history.size(), 120);
  EXPECT_LT(LeastLoss(history), 0.1);
  EXPECT_THAT(verdict, HasSubstr("by which results vary by themselves"));
}

TEST(OutlookTest, GoesOnForAnImprovementThatIsStillLikely) {
  std::string verdict;
  OutlookSearch{.below = 1e-9}.Run(50, &verdict);
  EXPECT_THAT(verdict, IsEmpty());
}

// It says the same in the state before, too, however it got there.
TEST(OutlookTest, IsAFunctionOfTheHistory) {
  const OutlookSearch search{.below = 0.01};
  std::string verdict;
  const History history = search.Run(80, &verdict);
  ASSERT_THAT(verdict, Not(IsEmpty()));
  EXPECT_EQ(search.NewOutlook().Verdict(history), verdict);
  History before(search.space, search.objective);
  for (int i = 0; i + 1 < history.size(); ++i) before.Put(history.trial(i));
  EXPECT_THAT(search.NewOutlook().Verdict(before), IsEmpty());
}

TEST(OutlookTest, TrialsThatRunChangeNothing) {
  const OutlookSearch search{.below = 0.01};
  std::string verdict;
  History history = search.Run(80, &verdict);
  history.Put(PendingTrial(history.next_number(), {0.9, 0.9}));
  EXPECT_EQ(search.NewOutlook().Verdict(history), verdict);
}

// The best of all lies where the constraint is violated.
TEST(OutlookTest, EndsASearchAtItsBestTrialThatKeepsToTheConstraints) {
  OutlookSearch search{.below = 0.02};
  search.objective.constraints = {{.metric = "size", .bound = 0}};
  search.violation = [](const Assignment& point) { return 0.6 - point[0]; };
  std::string verdict;
  const History history = search.Run(120, &verdict);
  ASSERT_THAT(verdict, Not(IsEmpty()));
  double nearest = 1;
  for (int i = 0; i < history.size(); ++i) {
    const Assignment& point = history.trial(i).assignment;
    if (point[0] >= 0.6) nearest = std::min(nearest, Bowl(point));
  }
  EXPECT_LT(nearest, (0.6 - kBest) * (0.6 - kBest) + 0.02);
}

TEST(OutlookTest, NeverEndsASearchThatHasFoundNothingThatKeepsToTheConstraints) {
  OutlookSearch search{.below = 1};
  search.objective.constraints = {{.metric = "size", .bound = 0}};
  search.violation = [](const Assignment& point) { return 2 - point[0]; };
  std::string verdict;
  search.Run(45, &verdict);
  EXPECT_THAT(verdict, IsEmpty());
}

}  // namespace
}  // namespace qalam::gp
