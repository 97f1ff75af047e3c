#include "bench/function_problem.h"

#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "bench/suites.h"
#include "bench/synthetic_functions.h"
#include "tests/support/status_matchers.h"

namespace qalam::bench {
namespace {

TEST(SyntheticFunctionsTest, HaveTheirPublishedValuesAtAFewPoints) {
  using V = std::vector<double>;
  EXPECT_NEAR(Branin(V{2.5, 7.5}), 24.129964413622268, 1e-9);
  EXPECT_NEAR(Hartmann6(V{0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573}), -3.32237,
              1e-5);
  EXPECT_NEAR(Rosenbrock(V{-1.2, 1}), 24.2, 1e-12);
  EXPECT_NEAR(Rastrigin(V{1, 1, 1}), 3, 1e-12);
  EXPECT_NEAR(Levy(V(8, 1.0)), 0, 1e-12);
  EXPECT_NEAR(Ackley(V(4, 0.0)), 0, 1e-12);
}

TEST(SyntheticFunctionsTest, ReachTheirOptimumAtTheOptimalPoint) {
  for (const SyntheticFunction& function : SyntheticFunctions()) {
    if (function.optimal_point.empty()) continue;
    EXPECT_NEAR(function.value(function.optimal_point), function.optimum, 1e-9) << function.name;
  }
}

// Every suite that needs no data: what a random point gives is never better than the optimum, and
// the median is worse than it.
TEST(FunctionProblemTest, NothingIsBetterThanTheOptimum) {
  for (const Suite& suite : Suites()) {
    if (suite.needs_data || suite.several_outcomes) continue;
    for (const std::string& task : suite.tasks) {
      SCOPED_TRACE(absl::StrCat(suite.name, "/", task));
      ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Problem> problem, LoadProblem(suite, task, ""));
      const ProblemInfo& info = problem->info();
      EXPECT_EQ(info.suite, suite.name);
      EXPECT_EQ(info.task, task);
      EXPECT_GT(*info.median, *info.optimum);
      RunState state;
      for (int i = 0; i < 200; ++i) {
        RandomStream random(5, static_cast<uint64_t>(i), "points");
        std::vector<double> p(static_cast<size_t>(info.space->size()));
        for (double& u : p) u = random.Uniform();
        const Evaluation evaluation =
            problem->Evaluate(info.space->FromQuantiles(p), Mode::kTrue, random, state);
        ASSERT_FALSE(evaluation.failed);
        ASSERT_GE(evaluation.truth, *info.optimum - 1e-9);
        ASSERT_GT(evaluation.seconds, 0);
      }
    }
  }
}

TEST(FunctionProblemTest, NoiseIsSeenByTheOptimiserAlone) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Problem> problem, MakeSyntheticProblem("Branin"));
  RunState state;
  RandomStream noise = NoiseStream(1, 0);
  const Evaluation evaluation = problem->Evaluate({1, 2}, Mode::kNoisy, noise, state);
  EXPECT_NEAR(evaluation.truth, Branin(std::vector<double>{1, 2}), 1e-12);
  EXPECT_NE(evaluation.observed, evaluation.truth);
}

TEST(MixedProblemTest, OptimaAreReached) {
  const std::vector<std::pair<std::string, Assignment>> optima = {
      {"branin_categories", {2, 3.14159265358979 + 2, 2.275}},
      {"training", {std::pow(10, -3.5), 2, 4, 256, 2, 0.95, 0.2}},
      {"ackley_integers", {3.3, 3.3, 3.3, 3.3, 3.3, -2, -2, -2, -2, -2}},
      {"categories", {0, 3, 2, 1, 0, 3, 2, 1}},
      {"branches", {1, 0.2, 1, 0.7, 37}},
      {"rosenbrock_steps", {1, 1, 1, 1, 1, 1}}};
  for (const auto& [task, point] : optima) {
    SCOPED_TRACE(task);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Problem> problem, MakeMixedProblem(task));
    EXPECT_TRUE(problem->info().space->Contains(point));
    RunState state;
    RandomStream noise = NoiseStream(1, 0);
    EXPECT_NEAR(problem->Evaluate(point, Mode::kTrue, noise, state).truth, *problem->info().optimum,
                1e-9);
  }
}

TEST(SuitesTest, UnknownNamesAreAnsweredWithWhatThereIs) {
  EXPECT_THAT(SelectSuites("fcnets"),
              StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("did you mean fcnet?")));
  ASSERT_OK_AND_ASSIGN(const std::vector<const Suite*> bbob, SelectSuites("bbob"));
  EXPECT_THAT(LoadProblem(*bbob[0], "f25", ""),
              StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("f1_d2_i1")));
  ASSERT_OK_AND_ASSIGN(const std::vector<const Suite*> tables, SelectSuites("tables"));
  EXPECT_EQ(tables.size(), 6u);
  EXPECT_THAT(LoadProblem(*tables[0], "car", ""),
              StatusIs(absl::StatusCode::kFailedPrecondition, testing::HasSubstr("--data DIR")));
  EXPECT_THAT(LoadProblem(*tables[0], "car", "/nowhere"),
              StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("/nowhere")));
}

}  // namespace
}  // namespace qalam::bench
