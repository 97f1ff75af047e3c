// What `cmaes` and `evolution` promise beyond the conformance suite: searches with many trials
// running, failing, stopped early and proposed by others, and how good they get.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/suggestion/asynchronous_search.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

double Sphere(absl::Span<const double> unit) {
  double sum = 0;
  for (const double u : unit) sum += (u - 0.37) * (u - 0.37);
  return sum;
}

std::shared_ptr<const SearchSpace> Cube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(DoubleParameter(absl::StrCat("x", i), 0, 1));
  }
  return MakeSpace(parameters);
}

AsynchronousSearch SearchOf(const std::string& algorithm,
                            std::shared_ptr<const SearchSpace> space) {
  AsynchronousSearch search{.algorithm = algorithm, .loss = Sphere};
  search.spec.space = std::move(space);
  search.spec.objective.metrics = {{.name = "loss"}};
  search.spec.seed = 3;
  return search;
}

std::vector<TrialRecord> Trials(const History& history) {
  std::vector<TrialRecord> trials;
  for (int i = 0; i < history.size(); ++i) trials.push_back(history.trial(i));
  return trials;
}

class EvolvingSearchTest : public testing::TestWithParam<std::string> {};

// The state must follow from labels and results, not from the order in which results came in.
TEST_P(EvolvingSearchTest, ARestartAtAnyTimeChangesNothing) {
  for (const char* space : {"flat", "finite", "wide", "tiny"}) {
    for (const int parallel : {1, 4, 40}) {
      SCOPED_TRACE(absl::StrCat(space, " ", parallel));
      AsynchronousSearch search = SearchOf(GetParam(), TestSpace(space));
      search.trials = 200;
      search.parallel = parallel;
      search.failing = 0.1;
      search.early_stopped = 0.1;
      search.foreign = 0.1;
      const History once = search.Run();
      search.new_instance_each_call = true;
      EXPECT_EQ(Trials(once), Trials(search.Run()));
    }
  }
}

TEST_P(EvolvingSearchTest, NeverRepeatsAPointOfAFiniteSpaceWhileUnseenOnesAreLeft) {
  AsynchronousSearch search = SearchOf(GetParam(), TestSpace("finite"));
  search.trials = 960;  // all of its points
  search.parallel = 5;
  const History history = search.Run();
  std::set<Assignment> seen;
  for (int i = 0; i < history.size(); ++i) seen.insert(history.trial(i).assignment);
  EXPECT_EQ(seen.size(), std::min(960.0, search.spec.space->Cardinality()));
}

TEST_P(EvolvingSearchTest, FindsTheBestOfAMixedSpace) {
  AsynchronousSearch search = SearchOf(GetParam(), TestSpace("flat"));
  search.trials = 300;
  search.parallel = 4;
  const double best = BestLoss(search.Run());
  search.algorithm = "random";
  EXPECT_LT(best, 0.7 * BestLoss(search.Run()));
}

TEST_P(EvolvingSearchTest, FailuresAndStopsCostLittle) {
  AsynchronousSearch search = SearchOf(GetParam(), Cube(4));
  search.trials = 500;
  search.parallel = 4;
  search.failing = 0.2;
  search.early_stopped = 0.2;
  EXPECT_LT(BestLoss(search.Run()), 1e-2);
}

// The best feasible point is where all parameters are 0.6: a fifth of the space is feasible.
TEST_P(EvolvingSearchTest, FindsTheFeasibleOptimum) {
  AsynchronousSearch search = SearchOf(GetParam(), Cube(4));
  search.trials = 500;
  search.parallel = 4;
  search.spec.objective.constraints = {{.metric = "missing"}, {.metric = "excess"}};
  search.violations = [](absl::Span<const double> unit) {
    return std::vector<double>{2.4 - unit[0] - unit[1] - unit[2] - unit[3], unit[0] - 0.9};
  };
  const double best = BestLoss(search.Run());
  const double optimum = 4 * 0.23 * 0.23;
  EXPECT_GT(best, optimum - 1e-9);
  EXPECT_LT(best, 1.05 * optimum);
}

TEST_P(EvolvingSearchTest, ManyParametersAndUselessResultsDoNoHarm) {
  const std::vector<std::function<double(absl::Span<const double>)>> losses = {
      [](absl::Span<const double>) { return 1.0; },
      [](absl::Span<const double>) { return std::numeric_limits<double>::quiet_NaN(); },
      [](absl::Span<const double> unit) { return unit[0] < 0.5 ? 1e308 : -1e308; }};
  for (const int dimensions : {1, 2, 101, 200}) {
    for (const auto& loss : losses) {
      AsynchronousSearch search = SearchOf(GetParam(), Cube(dimensions));
      search.trials = 150;
      search.parallel = 3;
      search.loss = loss;
      EXPECT_EQ(search.Run().size(), 150);
    }
  }
}

// A search begun by others goes on from where they were.
TEST_P(EvolvingSearchTest, ResultsOfOthersAreUsed) {
  AsynchronousSearch search = SearchOf(GetParam(), Cube(5));
  History history(search.spec.space, search.spec.objective);
  for (int i = 0; i < 100; ++i) {
    std::vector<double> point(5, 0.9);
    for (size_t j = 0; j < 5; ++j) point[j] -= 0.001 * ((i * (static_cast<int>(j) + 3)) % 17);
    TrialRecord trial = PendingTrial(i, point);
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = std::fabs(point[0] - 0.9);
    history.Put(trial);
  }
  const auto suggester = CreateSuggester(GetParam(), search.spec).value();
  const Assignment next = suggester->Suggest(history, 1).value().at(0).assignment;
  int near = 0;
  for (const double x : next) near += std::fabs(x - 0.9) < 0.35 ? 1 : 0;
  EXPECT_GE(near, 4);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EvolvingSearchTest, testing::Values("cmaes", "evolution"),
                         [](const auto& info) { return info.param; });

class CmaesTest : public testing::Test {
 protected:
  static double Best(int dimensions, int trials, const Settings& settings, int parallel = 1) {
    AsynchronousSearch search = SearchOf("cmaes", Cube(dimensions));
    search.trials = trials;
    search.parallel = parallel;
    search.spec.settings = settings;
    return BestLoss(search.Run());
  }
};

TEST_F(CmaesTest, FirstTrialIsTheCentre) {
  const auto suggester = CreateSuggester("cmaes", SearchOf("cmaes", Cube(3)).spec).value();
  const History empty(Cube(3), Objective());
  EXPECT_EQ(suggester->Suggest(empty, 1).value().at(0).assignment, Assignment({0.5, 0.5, 0.5}));
}

TEST_F(CmaesTest, ConvergesUnderEverySetting) {
  EXPECT_LT(Best(5, 1000, {}), 1e-8);
  EXPECT_LT(Best(5, 1000, {}, /*parallel=*/10), 1e-6);
  EXPECT_LT(Best(5, 1000, {{"restart_strategy", "none"}}), 1e-8);
  EXPECT_LT(Best(5, 1000, {{"restart_strategy", "ipop"}, {"sigma", "0.3"}}), 1e-8);
  EXPECT_LT(Best(5, 3000, {{"lr_adapt", "true"}}), 1e-4);
  EXPECT_LT(Best(5, 1000, {{"popsize", "4"}}), 1e-6);
}

TEST_F(CmaesTest, SeparableFormConvergesInManyDimensions) { EXPECT_LT(Best(150, 6000, {}), 0.2); }

TEST_F(CmaesTest, GoesOnForLongAfterConvergence) {
  for (const char* strategy : {"none", "ipop", "bipop"}) {
    EXPECT_LT(Best(2, 5000, {{"restart_strategy", strategy}}), 1e-10) << strategy;
  }
}

}  // namespace
}  // namespace qalam
