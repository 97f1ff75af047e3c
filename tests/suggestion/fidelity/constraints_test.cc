// multifidelity with outcome constraints: new configurations are likely to keep to them with all of
// the resource.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/trial_labels.h"
#include "tests/suggestion/fidelity/rung_search.h"

namespace qalam {
namespace {

using testing::Contains;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr double kMostEpochs = 27;

// Positive where a trial violates the constraint.
using Violation = std::function<double(const Assignment& trial, double epochs)>;

RungSearch ConstrainedSearch(int trials, const Violation& violation) {
  SuggesterSpec spec = RungSpec(static_cast<int>(kMostEpochs), {});
  spec.objective.constraints = {{.metric = "cost", .bound = 0}};
  return {.algorithm = "multifidelity",
          .spec = std::move(spec),
          .parallel = 4,
          .most = trials,
          .finish = [violation](const History& history, TrialRecord& trial) {
            trial.objective = SteadyLoss(history, trial);
            trial.violations = {violation(trial.assignment, EpochsOf(history, trial))};
          }};
}

// The least loss is at x = 0.3.
double WantsLargeX(const Assignment& trial, double) { return 0.6 - trial[0]; }

// What is kept to with little of the resource is kept to no more with much of it, but for small x.
double GrowsWithEpochs(const Assignment& trial, double epochs) {
  return epochs * (0.1 + trial[0]) - kMostEpochs * 0.25;
}

// Of the configurations that the model chose, how many keep to the constraint with all epochs.
double ShareOfFeasible(const RungSearch::Result& result, const Violation& violation) {
  int chosen = 0;
  int feasible = 0;
  for (int i = 0; i < result.history.size(); ++i) {
    if (!absl::StrContains(result.explanations[i], "; gp: log")) continue;
    ++chosen;
    if (violation(result.history.trial(i).assignment, kMostEpochs) <= 0) ++feasible;
  }
  EXPECT_GT(chosen, 10);
  return static_cast<double>(feasible) / chosen;
}

class MultifidelityConstraintsTest : public testing::TestWithParam<std::string> {
 protected:
  static Violation ViolationOf() { return GetParam() == "fixed" ? WantsLargeX : GrowsWithEpochs; }
};

TEST_P(MultifidelityConstraintsTest, NewConfigurationsAreLikelyToKeepToThemWithAllOfTheResource) {
  EXPECT_GT(ShareOfFeasible(ConstrainedSearch(120, ViolationOf()).Run(), ViolationOf()), 0.4);
}

TEST_P(MultifidelityConstraintsTest, ComesNearTheBestThatKeepsToThem) {
  const History history = ConstrainedSearch(150, ViolationOf()).Run().history;
  const double best_x = GetParam() == "fixed" ? 0.6 : 0.15;
  double nearest = 1;
  for (int i = 0; i < history.size(); ++i) {
    const TrialRecord& trial = history.trial(i);
    if (EpochsOf(history, trial) < kMostEpochs || trial.violations[0] > 0) continue;
    nearest =
        std::min(nearest, std::hypot(trial.assignment[0] - best_x, trial.assignment[2] - 0.6));
  }
  EXPECT_LT(nearest, 0.1);
}

TEST_P(MultifidelityConstraintsTest, ANewInstanceForEachCallChangesNothing) {
  RungSearch search = ConstrainedSearch(90, ViolationOf());
  const std::vector<std::string> explanations = search.Run().explanations;
  search.new_instance_each_call = true;
  EXPECT_EQ(search.Run().explanations, explanations);
}

INSTANTIATE_TEST_SUITE_P(Constraints, MultifidelityConstraintsTest,
                         testing::Values("fixed", "growing"),
                         [](const auto& info) { return info.param; });

TEST(MultifidelityExplanationTest, SaysHowLikelyTheConstraintsAreKeptTo) {
  const std::vector<std::string> explanations =
      ConstrainedSearch(80, WantsLargeX).Run().explanations;
  EXPECT_THAT(
      explanations,
      Contains(ContainsRegex("gp: log EI .* with epochs 27, keeps to the constraints with 0\\.")));
}

TEST(MultifidelityExplanationTest, SaysThatOnlyFeasibilityCountsWhileNothingKeepsToTheConstraints) {
  const Violation hopeless = [](const Assignment& trial, double) { return 2 - trial[0]; };
  const std::vector<std::string> explanations = ConstrainedSearch(70, hopeless).Run().explanations;
  EXPECT_THAT(explanations, Contains(HasSubstr("gp: log probability of feasibility")));
  EXPECT_THAT(explanations, Not(Contains(HasSubstr("log EI"))));
}

}  // namespace
}  // namespace qalam
