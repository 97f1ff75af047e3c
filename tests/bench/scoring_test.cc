#include "bench/scoring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/function_problem.h"
#include "bench/outcome_problem.h"

namespace qalam::bench {
namespace {

// f(x) = x on [0, 1], so that the median random point is at 0.5.
std::unique_ptr<Problem> Line() {
  return MakeFunctionProblem("test", "line", {{.name = "x", .min = 0, .max = 1}}, 0,
                             [](const Assignment& x) { return x[0]; });
}

Evaluation Value(double observed, double truth) { return {.observed = observed, .truth = truth}; }

TEST(CheckpointsTest, HoldTheOnesThatTheProtocolNames) {
  const std::vector<int> checkpoints = Checkpoints(200);
  for (const int n : {1, 10, 20, 25, 50, 100, 200}) {
    EXPECT_TRUE(std::binary_search(checkpoints.begin(), checkpoints.end(), n)) << n;
  }
  EXPECT_EQ(Checkpoints(59).back(), 59);
  EXPECT_EQ(Checkpoints(1), std::vector<int>{1});
}

TEST(ScorerTest, ScoresTheBestObservedTrialByItsTrueValue) {
  const std::unique_ptr<Problem> line = Line();
  Scorer scorer(*line, 4);
  scorer.Add(Value(0.4, 0.25), 1, 0);
  EXPECT_NEAR(scorer.now().nr, 0.5, 0.02);
  scorer.Add(Value(0.3, 0.35), 2, 0);  // looks better, is worse
  EXPECT_NEAR(scorer.now().nr, 0.7, 0.02);
  scorer.Add(Value(0.5, 0.01), 3, 0);  // looks worse: is not the incumbent
  EXPECT_EQ(*scorer.now().best, 0.35);
}

TEST(ScorerTest, FailedTrialsCountAsEvaluations) {
  const std::unique_ptr<Problem> line = Line();
  Scorer scorer(*line, 3);
  scorer.Add({.failed = true}, 1, 0);
  EXPECT_EQ(scorer.now().nr, 1);
  EXPECT_FALSE(scorer.now().best.has_value());
  scorer.Add(Value(0.9, 0.9), 2, 0);
  EXPECT_EQ(scorer.now().nr, 1);  // worse than the median: clipped
  EXPECT_EQ(scorer.evaluations(), 2);
}

TEST(ScorerTest, ScoresFrontsByTheHypervolumeThatIsMissing) {
  const std::unique_ptr<Problem> problem = MakeMultiObjectiveProblem("ZDT1_6").value();
  const double most = problem->info().max_hypervolume;
  Scorer scorer(*problem, 6);
  scorer.Add({.observed = 20, .truth = 20, .further = {0}}, 1, 0);  // beyond the reference of 11
  EXPECT_EQ(scorer.now().nr, 1);
  scorer.Add({.observed = 1, .truth = 1, .further = {1}}, 2, 0);
  EXPECT_NEAR(scorer.now().nr, 1 - 100 / most, 1e-12);
  scorer.Add({.observed = 2, .truth = 2, .further = {2}}, 3, 0);  // dominated
  EXPECT_NEAR(*scorer.now().best, 100, 1e-12);
  scorer.Add({.failed = true, .further = {0}}, 4, 0);
  scorer.Add({.observed = 0.5, .truth = 0.5, .further = {0.5}}, 5, 0);
  EXPECT_NEAR(*scorer.now().best, 10.5 * 10.5, 1e-12);
  EXPECT_TRUE(std::isnan(scorer.now().speedup));
}

TEST(ScorerTest, CountsFeasibleTrialsOnly) {
  const std::unique_ptr<Problem> problem = MakeConstrainedProblem("ConstrainedGramacy").value();
  Scorer scorer(*problem, 3);
  scorer.Add({.observed = 0, .truth = 0, .violations = {-1, 0.1}}, 1, 0);
  EXPECT_EQ(scorer.now().nr, 1);
  EXPECT_FALSE(scorer.now().best.has_value());
  scorer.Add({.observed = 0.9, .truth = 0.9, .violations = {0, -1}}, 2, 0);
  EXPECT_EQ(*scorer.now().best, 0.9);
  EXPECT_LT(scorer.now().nr, 1);
}

TEST(ScorerTest, WeighsEvaluationsLogarithmically) {
  const std::unique_ptr<Problem> line = Line();
  Scorer scorer(*line, 3);
  scorer.Add(Value(1, 1), 1, 0);
  scorer.Add(Value(0, 0), 2, 0);
  scorer.Exhaust();
  EXPECT_TRUE(scorer.done());
  EXPECT_NEAR(scorer.now().aulc, std::log(2.0) / std::log(4.0), 1e-12);
  EXPECT_EQ(scorer.curve().back().n, 3);
}

TEST(RandomQuantilesTest, TellHowManyRandomPointsItTakes) {
  const RandomQuantiles quantiles = RandomQuantiles::FromLosses({4, 1, 3, 2, 2, 5, 6, 7, 8, 9});
  EXPECT_NEAR(quantiles.EvaluationsNeeded(1), 9, 1e-12);
  EXPECT_NEAR(quantiles.EvaluationsNeeded(0), 9, 1e-12);  // no more than the points tell
  EXPECT_NEAR(quantiles.EvaluationsNeeded(2), 1 / 0.3 - 1, 1e-12);
  EXPECT_NEAR(quantiles.EvaluationsNeeded(100), 0, 1e-12);
  EXPECT_EQ(quantiles.Median(), 4);
}

}  // namespace
}  // namespace qalam::bench
