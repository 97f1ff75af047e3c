// Runs on problems with learning curves: what a trial costs, and what is scored.
#include "bench/curve_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "bench/curve_scorer.h"
#include "bench/function_problem.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam::bench {
namespace {

// Better places are better from the first epoch on, or with `late` only in the last one, and worse
// before. Keeps account of what was trained.
class SteadyCurves final : public Problem {
 public:
  explicit SteadyCurves(bool late = false) : Problem(Info()), late_(late) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream&, RunState&) const override {
    const double distance = std::hypot(assignment[0] - 0.3, assignment[1] - 0.6);
    epochs.push_back(assignment[2]);
    Evaluation evaluation;
    evaluation.truth = evaluation.observed =
        (late_ && assignment[2] < 27 ? 1 - distance : distance) + 1 / assignment[2];
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

  bool late_;
};

absl::StatusOr<RunResult> RunWithStopper(const Problem& problem, const char* algorithm,
                                         const char* stopper, int parallel = 1) {
  return RunOne({.algorithm = ParseAlgorithm(algorithm).value(),
                 .stopper = ParseStopper(stopper).value(),
                 .problem = &problem,
                 .seed = 1,
                 .budget = 12,
                 .parallel = parallel});
}

std::vector<double> RegretsOf(const RunResult& result) {
  std::vector<double> regrets;
  for (const CurvePoint& point : result.curve) regrets.push_back(point.nr);
  return regrets;
}

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
  const RunResult result = RunFor(problem, "hyperband", 4);
  // One bracket of Hyperband: 27 times 1 epoch, 9 times 2 more, 3 times 6 more, 18 more; then it
  // begins the next one.
  ASSERT_GT(problem.epochs.size(), 40U);
  double cost = 27 * 1 + 9 * 2 + 3 * 6 + 18;
  size_t n = 40;
  for (; cost < 4 * 27; ++n) cost += problem.epochs[n] == 3 ? 3 : 6;
  // To know what those that wait on a rung would have come to, each is trained once more.
  EXPECT_EQ(problem.epochs.size(), n + static_cast<size_t>(result.curve.back().stops->stopped));
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

TEST(CurveRunnerTest, AStopperThatNeverStopsChangesNothing) {
  const SteadyCurves problem;
  for (const char* const algorithm : {"random", "tpe"}) {
    for (const int parallel : {1, 4}) {
      const RunResult without = RunWithStopper(problem, algorithm, "none", parallel).value();
      const RunResult with =
          RunWithStopper(problem, algorithm, "patient:patience=100", parallel).value();
      EXPECT_EQ(RegretsOf(with), RegretsOf(without)) << algorithm << " " << parallel;
      EXPECT_EQ(with.curve.back().clock, without.curve.back().clock);
      EXPECT_EQ(with.curve.back().stops->stopped, 0);
    }
  }
}

TEST(CurveRunnerTest, TheLabelNamesBothAndNoneHasNone) {
  const SteadyCurves problem;
  EXPECT_EQ(RunWithStopper(problem, "random", "asha:eta=2")->key.algorithm, "random+asha:eta=2");
  EXPECT_EQ(RunWithStopper(problem, "random", "none")->key.algorithm, "random");
}

TEST(CurveRunnerTest, WhatWasStoppedCostsTheEpochsThatItTrained) {
  const SteadyCurves problem;
  // Stops everyone after two epochs.
  const RunResult result =
      RunWithStopper(problem, "random", "threshold:upper=0:start_step=2").value();
  const StopAccount& stops = result.curve.back().stops.value();
  EXPECT_EQ(stops.begun, 12 * 27 / 2 - 1);  // the budget ends with the last one
  EXPECT_EQ(stops.stopped, stops.begun);
  EXPECT_NEAR(stops.saved, 25.0 / 27, 1e-12);
  // Each with one whole training more, to know what it would have come to.
  EXPECT_EQ(problem.epochs.size(), 12U * 27 + 12 * 27 / 2 - 1);
  EXPECT_FALSE(result.curve.back().best.has_value());
}

TEST(CurveRunnerTest, StoppingIsRightWhereCurvesAreSteadyAndWrongWhereTheyCross) {
  const StopAccount right = *RunWithStopper(SteadyCurves(), "random", "asha")->curve.back().stops;
  EXPECT_GT(right.stopped, right.begun / 2);
  EXPECT_GT(right.saved, 0.3);
  EXPECT_EQ(right.missed, 0);
  const StopAccount wrong =
      *RunWithStopper(SteadyCurves(/*late=*/true), "random", "asha")->curve.back().stops;
  EXPECT_GT(wrong.stopped, wrong.begun / 2);
  EXPECT_GT(wrong.missed, wrong.stopped / 2);
}

TEST(CurveRunnerTest, TrialsThatRunSideBySideAreJudgedByEachOther) {
  const SteadyCurves problem;
  // With as many workers as trials, nobody has ended when the first ones are stopped.
  const RunResult result = RunWithStopper(problem, "random", "medianstop", 12).value();
  EXPECT_GT(result.curve.back().stops->stopped, 5);
  EXPECT_EQ(RegretsOf(result), RegretsOf(*RunWithStopper(problem, "random", "medianstop", 12)));
}

TEST(CurveRunnerTest, StoppersNeedCurvesAndTrialsThatAreTrainedInFull) {
  const SteadyCurves problem;
  EXPECT_THAT(RunWithStopper(problem, "hyperband", "asha"),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("--stopper")));
  EXPECT_THAT(RunWithStopper(*MakeMixedProblem("training").value(), "random", "asha"),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("curves")));
  EXPECT_THAT(ParseStopper("ahsa"),
              StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("asha")));
}

// ---- Counting by itself.

class CurveScorerTest : public testing::Test {
 protected:
  // Trains (x, 0.6) up to `epochs`.
  void Train(double x, double epochs) {
    const Assignment trial = {x, 0.6, epochs};
    RandomStream noise(1, 1, "test");
    const Evaluation evaluation = problem_.Evaluate(trial, Mode::kTrue, noise, state_);
    const double cost = scorer_.CostOf(epochs - scorer_.EpochsBefore(trial));
    scorer_.Add(trial, evaluation, cost, 0, 0);
  }

  const SteadyCurves problem_;
  CurveScorer scorer_{problem_, 3};
  RunState state_;
};

TEST_F(CurveScorerTest, WhoGoesOnPaysTheFurtherEpochsAndAtLeastOne) {
  Train(0.5, 9);
  EXPECT_NEAR(scorer_.spent() * 27, 9, 1e-12);
  Train(0.7, 3);
  Train(0.5, 27);
  EXPECT_NEAR(scorer_.spent() * 27, 30, 1e-12);
  Train(0.5, 27);
  Train(0.7, 1);
  EXPECT_NEAR(scorer_.spent() * 27, 32, 1e-12);
}

TEST_F(CurveScorerTest, WhatIsTrainedWhenTheBudgetEndsIsNotStopped) {
  Train(0.9, 27);
  Train(0.3, 5);   // the best, given up
  Train(0.95, 5);  // worse than what was found
  Train(0.4, 27);
  for (int epochs = 1; epochs <= 27; ++epochs) Train(0.31, epochs);
  EXPECT_TRUE(scorer_.done());
  const StopAccount stops = *scorer_.Finish(state_).back().stops;
  EXPECT_EQ(stops.begun, 4);
  EXPECT_EQ(stops.stopped, 2);
  EXPECT_EQ(stops.missed, 1);
  EXPECT_NEAR(stops.saved, 1 - (27 + 5 + 5 + 27) / (4 * 27.0), 1e-12);
}

}  // namespace
}  // namespace qalam::bench
