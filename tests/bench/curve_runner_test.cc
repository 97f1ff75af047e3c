// Runs on problems with learning curves: what a trial costs, and what is scored.
#include "bench/curve_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam::bench {
namespace {

// Better places are better from the first epoch on. Keeps account of what was trained.
class SteadyCurves final : public Problem {
 public:
  SteadyCurves() : Problem(Info()) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream&, RunState&) const override {
    const double distance = std::hypot(assignment[0] - 0.3, assignment[1] - 0.6);
    epochs.push_back(assignment[2]);
    Evaluation evaluation;
    evaluation.truth = evaluation.observed = distance + 1 / assignment[2];
    return evaluation;
  }

  mutable std::vector<double> epochs;

 private:
  static ProblemInfo Info() {
    ProblemInfo info;
    info.suite = "steady";
    info.task = "curves";
    info.space = MakeSpace(
        {DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1), IntParameter("epochs", 1, 27)});
    info.optimum = 1.0 / 27;
    info.median = 1.0 / 27 + 0.45;
    info.length = TrainingLength{.parameter = 2, .full = 27};
    return info;
  }
};

RunResult RunFor(const Problem& problem, const char* algorithm, int budget) {
  return RunOne({.algorithm = ParseAlgorithm(algorithm).value(),
                 .problem = &problem,
                 .seed = 1,
                 .budget = budget})
      .value();
}

TEST(CurveRunnerTest, AlgorithmsThatKnowNoResourceTrainEveryTrialInFull) {
  const SteadyCurves problem;
  const RunResult result = RunFor(problem, "random", 20);
  EXPECT_EQ(problem.epochs, std::vector<double>(20, 27));
  EXPECT_EQ(result.curve.back().n, 20);
  EXPECT_LT(result.curve.front().nr, 1);
}

TEST(CurveRunnerTest, ATrialCostsWhatItTrainsBeyondTheOneThatItGoesOnFrom) {
  const SteadyCurves problem;
  ASSERT_OK(
      RunOne({.algorithm = ParseAlgorithm("hyperband").value(), .problem = &problem, .budget = 4}));
  // One bracket of Hyperband: 27 times 1 epoch, 9 times 2 more, 3 times 6 more, 18 more; then it
  // begins the next one.
  ASSERT_GT(problem.epochs.size(), 40U);
  double cost = 27 * 1 + 9 * 2 + 3 * 6 + 18;
  size_t n = 40;
  for (; cost < 4 * 27; ++n) cost += problem.epochs[n] == 3 ? 3 : 6;
  EXPECT_EQ(problem.epochs.size(), n);
}

TEST(CurveRunnerTest, OnlyWholeTrainingsAreScored) {
  const SteadyCurves problem;
  const RunResult result = RunFor(problem, "hyperband", 10);
  // 27 + 18 + 18 of 27 epochs are used up before the first training is whole.
  for (const CurvePoint& point : result.curve) {
    EXPECT_EQ(point.nr < 1, point.n >= 3) << point.n;
    EXPECT_EQ(point.best.has_value(), point.n >= 3);
  }
}

TEST(CurveRunnerTest, PromotionBeatsFullTrainingWhereCurvesAreSteady) {
  const SteadyCurves problem;
  const auto mean = [&](const char* algorithm) {
    double sum = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      sum += RunOne({.algorithm = ParseAlgorithm(algorithm).value(),
                     .problem = &problem,
                     .seed = seed,
                     .budget = 10})
                 .value()
                 .curve.back()
                 .nr;
    }
    return sum / 20;
  };
  const double random = mean("random");
  EXPECT_LT(mean("asha"), 0.7 * random);
  EXPECT_LT(mean("hyperband"), 0.7 * random);
}

TEST(CurveRunnerTest, EqualSeedsGiveEqualCurvesForAnyNumberOfWorkers) {
  const SteadyCurves problem;
  for (const int parallel : {1, 4}) {
    const auto run = [&] {
      RunResult result = RunOne({.algorithm = ParseAlgorithm("asha").value(),
                                 .problem = &problem,
                                 .seed = 2,
                                 .budget = 5,
                                 .parallel = parallel})
                             .value();
      std::vector<double> regrets;
      for (const CurvePoint& point : result.curve) regrets.push_back(point.nr);
      return regrets;
    };
    EXPECT_EQ(run(), run());
  }
}

}  // namespace
}  // namespace qalam::bench
