#include "suggestion/start_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const SourceTrials> Source(std::string name, std::vector<Assignment> points,
                                           std::vector<double> losses) {
  return std::make_shared<const SourceTrials>(
      SourceTrials{std::move(name), std::move(points), std::move(losses)});
}

// All start points, in order.
std::vector<Suggestion> All(const SuggesterSpec& spec) {
  const StartPoints points(spec);
  History history(spec.space, {});
  std::vector<Suggestion> all;
  while (true) {
    const std::optional<Suggestion> next = points.Next(UnseenPoints(history, nullptr));
    if (!next.has_value()) return all;
    history.Put(PendingTrial(history.next_number(), next->assignment));
    all.push_back(*next);
  }
}

std::vector<Assignment> Points(const SuggesterSpec& spec) {
  std::vector<Assignment> points;
  for (const Suggestion& suggestion : All(spec)) points.push_back(suggestion.assignment);
  return points;
}

TEST(StartPointsTest, WithoutBeliefsAndSourcesThereAreNone) {
  EXPECT_EQ(StartPoints({.space = TestSpace("flat")}).size(), 0);
  EXPECT_EQ(StartPoints({.space = TestSpace("conditional")}).size(), 0) << "only one default";
}

TEST(StartPointsTest, SourcesTakeTurnsWithTheirBestThatAreNotCloseToOneTaken) {
  SuggesterSpec spec{.space = MakeSpace({DoubleParameter("x", 0, 1)})};
  spec.sources = {Source("a", {{0.5}, {0.1}, {0.12}, {0.9}}, {4, 1, 2, 3}),
                  Source("b", {{0.3}, {0.11}}, {20, 10})};
  EXPECT_THAT(Points(spec),
              ElementsAre(Assignment{0.1}, Assignment{0.3}, Assignment{0.9}, Assignment{0.5}));
  const std::vector<Suggestion> all = All(spec);
  EXPECT_EQ(all[0].explanation, "start: the best trial of a");
  EXPECT_EQ(all[2].explanation, "start: number 3 of the 4 trials of a");
}

TEST(StartPointsTest, ValuesOutsideTheBoundsAreMovedInAndViolatorsLeftOut) {
  SuggesterSpec spec{
      .space = MakeSpace({DoubleParameter("x", 0, 1), IntParameter("n", 1, 8)}, {"n <= 4"})};
  spec.sources = {Source("a", {{7, 2}, {0.5, 6}, {-1, 0}}, {1, 2, 3})};
  EXPECT_THAT(Points(spec), ElementsAre(Assignment{1, 2}, Assignment{0, 1}));
}

TEST(StartPointsTest, TakeNoMoreThanFewFromSources) {
  std::vector<Assignment> points;
  std::vector<double> losses;
  for (int i = 0; i < 100; ++i) {
    points.push_back({static_cast<double>(i)});
    losses.push_back(i % 13);
  }
  SuggesterSpec spec{.space = MakeSpace({DoubleParameter("x", 0, 99)})};
  spec.sources = {Source("a", points, losses)};
  EXPECT_EQ(StartPoints(spec).size(), StartPoints::kMaxFromSources);
}

TEST(StartPointsTest, BeliefsComeFirst) {
  Parameter x = DoubleParameter("x", 0, 1);
  x.prior = ParameterPrior{.mean = 0.7, .deviation = 0.1};
  SuggesterSpec spec{
      .space = MakeSpace({x, WithDefault(IntParameter("n", 1, 8), 5), DoubleParameter("y", 0, 2)})};
  spec.sources = {Source("a", {{0.1, 1, 1}}, {1})};
  EXPECT_THAT(Points(spec), ElementsAre(Assignment{0.7, 5, 1}, Assignment{0.1, 1, 1}));
  EXPECT_EQ(All(spec)[0].explanation, "start: the likeliest point of the priors");
}

TEST(DesignPointTest, ThreeOfFourFollowThePriorAndTheFourthDoesNot) {
  Parameter x = DoubleParameter("x", 0, 1);
  x.prior = ParameterPrior{.mean = 1, .deviation = 0.1};
  const auto space = MakeSpace({x});
  for (const uint64_t index : {0, 1, 2, 4}) {
    EXPECT_GT(DesignPoint(*space, index, {0.25})[0], 0.8) << index;
  }
  EXPECT_EQ(DesignPoint(*space, 3, {0.25})[0], 0.25);
}

// Every algorithm that plans begins where a person would, or where an earlier experiment was best.
class StartOfAlgorithmTest : public testing::TestWithParam<std::string> {
 protected:
  // Without the amount of a resource, where the algorithm gave one.
  static Suggestion First(const SuggesterSpec& given) {
    const SuggesterSpec spec = CompleteSpec(**FindAlgorithm(GetParam()), given);
    const auto suggester = CreateSuggester(GetParam(), spec).value();
    Suggestion first = suggester->Suggest(History(spec.space, spec.objective), 1).value()[0];
    first.assignment.resize(static_cast<size_t>(given.space->size()));
    return first;
  }
};

TEST_P(StartOfAlgorithmTest, BeginsWithTheDefaultsWhenAllParametersHaveOne) {
  const SuggesterSpec spec{.space = MakeSpace({WithDefault(DoubleParameter("x", 0, 1), 0.9),
                                               WithDefault(IntParameter("n", 1, 8), 2)})};
  EXPECT_EQ(First(spec).assignment, Assignment({0.9, 2}));
  EXPECT_THAT(First(spec).explanation, HasSubstr("defaults"));
}

TEST_P(StartOfAlgorithmTest, BeginsWithTheBestOfASource) {
  SuggesterSpec spec{.space = TestSpace("flat")};
  spec.sources = {Source("a", {{0.1, 3, 1, 1}, {0.2, 4, 2, 0}}, {2, 1})};
  EXPECT_EQ(First(spec).assignment, Assignment({0.2, 4, 2, 0}));
}

std::vector<std::string> LearningAlgorithms() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    if (algorithm.capabilities.transfers) names.push_back(algorithm.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, StartOfAlgorithmTest, testing::ValuesIn(LearningAlgorithms()),
                         [](const auto& info) { return TestNameOf(info.param); });

TEST(StartPointsTest, ThoseThatDoNotPlanDoNotLearnFromSources) {
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    const bool plans = algorithm.name != "random" && algorithm.name != "grid" &&
                       algorithm.name != "sobol" && algorithm.name != "schedule";
    EXPECT_EQ(algorithm.capabilities.transfers, plans) << algorithm.name;
  }
}

}  // namespace
}  // namespace qalam
