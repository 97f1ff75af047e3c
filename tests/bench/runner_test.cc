#include "bench/runner.h"

#include <gtest/gtest.h>

#include "bench/function_problem.h"
#include "tests/support/status_matchers.h"

namespace qalam::bench {
namespace {

std::vector<std::unique_ptr<Problem>> Problems() {
  std::vector<std::unique_ptr<Problem>> problems;
  problems.push_back(MakeSyntheticProblem("Branin").value());
  problems.push_back(MakeMixedProblem("training").value());
  return problems;
}

// Everything of a result but the CPU time.
std::string Described(RunResult result) {
  for (CurvePoint& point : result.curve) point.ask_seconds = 0;
  return ResultsRows(result);
}

TEST(RunnerTest, ResultsDoNotDependOnTheNumberOfThreads) {
  const std::vector<std::unique_ptr<Problem>> problems = Problems();
  std::vector<RunSpec> specs;
  for (const auto& problem : problems) {
    for (const char* const algorithm : {"random", "sobol"}) {
      for (uint64_t seed = 0; seed < 5; ++seed) {
        specs.push_back({.algorithm = ParseAlgorithm(algorithm).value(),
                         .problem = problem.get(),
                         .seed = seed,
                         .budget = 30,
                         .parallel = seed == 4 ? 3 : 1,
                         .mode = seed == 3 ? Mode::kNoisy : Mode::kTrue});
      }
    }
  }
  int told = 0;
  const auto count = [&](const RunResult&, int done) { EXPECT_EQ(done, ++told); };
  ASSERT_OK_AND_ASSIGN(const std::vector<RunResult> one, RunAll(specs, 1, count));
  told = 0;
  ASSERT_OK_AND_ASSIGN(const std::vector<RunResult> four, RunAll(specs, 4, count));
  ASSERT_EQ(one.size(), four.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(Described(one[i]), Described(four[i]));
}

TEST(RunnerTest, TheMostLikelyBestIsBetterThanTheBestMeasurement) {
  const std::unique_ptr<Problem> problem = MakeSyntheticProblem("Hartmann3").value();
  double measured = 0;
  double likely = 0;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    RunSpec spec{.algorithm = ParseAlgorithm("gp").value(),
                 .problem = problem.get(),
                 .seed = seed,
                 .budget = 60,
                 .mode = Mode::kNoisy};
    ASSERT_OK_AND_ASSIGN(const RunResult by_measurement, RunOne(spec));
    spec.likely = true;
    ASSERT_OK_AND_ASSIGN(const RunResult by_model, RunOne(spec));
    EXPECT_EQ(by_model.key.algorithm, "gp+likely");
    measured += by_measurement.curve.back().nr;
    likely += by_model.curve.back().nr;
  }
  EXPECT_LT(likely, measured);
}

TEST(RunnerTest, WorkersBesideEachOtherFinishSooner) {
  const std::unique_ptr<Problem> problem = MakeSyntheticProblem("Branin").value();
  const auto clock = [&](int parallel) {
    const RunSpec spec{.algorithm = ParseAlgorithm("random").value(),
                       .problem = problem.get(),
                       .seed = 1,
                       .budget = 64,
                       .parallel = parallel};
    return RunOne(spec).value().curve.back().clock;
  };
  EXPECT_LT(clock(4), 0.4 * clock(1));
  EXPECT_LT(clock(16), 0.4 * clock(4));
}

TEST(RunnerTest, AnExhaustedSpaceKeepsItsBest) {
  std::vector<Parameter> parameters = {
      {.name = "c", .type = ParameterType::kCategorical, .list = {"a", "b", "c"}}};
  const std::unique_ptr<Problem> problem =
      MakeFunctionProblem("test", "three", parameters, 0, [](const Assignment& x) { return x[0]; });
  const RunSpec spec{
      .algorithm = ParseAlgorithm("grid").value(), .problem = problem.get(), .budget = 20};
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunOne(spec));
  EXPECT_EQ(result.curve.back().n, 20);
  EXPECT_EQ(result.curve.back().nr, 0);
}

TEST(RunnerTest, ReadsAlgorithmsWithSettings) {
  ASSERT_OK_AND_ASSIGN(const AlgorithmChoice choice, ParseAlgorithm("random:random_state=7"));
  EXPECT_EQ(choice.name, "random");
  EXPECT_EQ(choice.settings.at("random_state"), "7");
  EXPECT_THAT(ParseAlgorithm("randm"), StatusIs(absl::StatusCode::kNotFound, testing::_));
  EXPECT_THAT(ParseAlgorithm("random:x"),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("SETTING=VALUE")));
}

TEST(RunnerTest, AnErrorNamesTheRun) {
  const std::unique_ptr<Problem> problem = MakeSyntheticProblem("Branin").value();
  const RunSpec spec{.algorithm = ParseAlgorithm("random:random_state=x").value(),
                     .problem = problem.get()};
  EXPECT_THAT(RunOne(spec), StatusIs(absl::StatusCode::kInvalidArgument,
                                     testing::HasSubstr("synthetic/Branin, seed 0")));
}

}  // namespace
}  // namespace qalam::bench
