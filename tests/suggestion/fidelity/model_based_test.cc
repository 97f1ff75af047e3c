// bohb, dehb and multifidelity: configurations that follow from results of the right amounts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "tests/suggestion/fidelity/rung_search.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::HasSubstr;

class ModelBasedTest : public testing::TestWithParam<std::string> {
 protected:
  RungSearch Search(int trials) const {
    return {.algorithm = GetParam(),
            .spec = RungSpec(27, {}),
            .parallel = 4,
            .most = trials,
            .finish = FinishSteadily};
  }
};

// The mean distance from the optimum of the last new configurations.
double DistanceOfLast(const History& history, int count) {
  double sum = 0;
  int found = 0;
  for (int i = history.size() - 1; i >= 0 && found < count; --i) {
    const TrialRecord& trial = history.trial(i);
    if (ResumedTrial(trial.labels).has_value()) continue;
    sum += std::hypot(trial.assignment[0] - 0.3, trial.assignment[2] - 0.6);
    ++found;
  }
  return sum / found;
}

TEST_P(ModelBasedTest, NewConfigurationsComeNearTheBestPlace) {
  const RungSearch search = Search(GetParam() == "multifidelity" ? 150 : 600);
  const RungSearch::Result result = search.Run();
  ExpectLineages(result.history);
  RungSearch random = search;
  random.algorithm = "asha";
  EXPECT_LT(DistanceOfLast(result.history, 30), 0.9 * DistanceOfLast(random.Run().history, 30));
}

TEST_P(ModelBasedTest, ANewInstanceForEachCallChangesNothing) {
  RungSearch search = Search(60);
  const std::vector<std::string> explanations = search.Run().explanations;
  search.new_instance_each_call = true;
  EXPECT_EQ(search.Run().explanations, explanations);
}

// Little of the resource misleads: what is best in the end is bad at first. Whoever follows the
// first rung alone ends up at the wrong place, 0.3 away.
TEST_P(ModelBasedTest, ResultsWithMoreOfTheResourceOverruleThoseWithLittle) {
  RungSearch search = Search(250);
  search.finish = [](const History& history, TrialRecord& trial) {
    const double epochs = EpochsOf(history, trial);
    const double whole = std::hypot(trial.assignment[0] - 0.8, trial.assignment[2] - 0.5);
    const double first = std::hypot(trial.assignment[0] - 0.5, trial.assignment[2] - 0.5);
    trial.objective = epochs >= 9 ? whole : epochs >= 3 ? (whole + first) / 2 : first;
  };
  const History history = search.Run().history;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < history.size(); ++i) {
    if (EpochsOf(history, history.trial(i)) == 27)
      best = std::min(best, *history.trial(i).objective);
  }
  EXPECT_LT(best, 0.2);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, ModelBasedTest,
                         testing::Values("bohb", "dehb", "multifidelity"),
                         [](const auto& info) { return info.param; });

TEST(BohbTest, SaysWhichResultsItFollowed) {
  const RungSearch search{
      .algorithm = "bohb", .spec = RungSpec(27, {}), .most = 100, .finish = FinishSteadily};
  const std::vector<std::string> explanations = search.Run().explanations;
  const auto count = [&](const char* text) {
    return std::count_if(explanations.begin(), explanations.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  };
  EXPECT_GT(count("by results with epochs 1"), 0);
  EXPECT_GT(count("by results with epochs 3"), 0);
  EXPECT_GT(count("; random draw"), 10);
  EXPECT_GT(count("bohb: bracket 3, rung 2 of 4 (epochs 3), promoted from trial"), 0);
}

}  // namespace
}  // namespace qalam
