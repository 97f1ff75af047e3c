// The parts of cmaes, each against what its paper says of it.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/random_stream.h"
#include "suggestion/cma/categories.h"
#include "suggestion/cma/coordinates.h"
#include "suggestion/cma/gaussian.h"
#include "suggestion/cma/labels.h"
#include "suggestion/cma/margin.h"
#include "suggestion/cma/restarts.h"
#include "suggestion/cma/weights.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

std::vector<int> Ranks(int count) {
  std::vector<int> ranks(static_cast<size_t>(count));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

TEST(CmaWeightsTest, MeanWeightsAreThoseOfTheTutorial) {
  const CmaWeights weights = CmaWeightsFor(Ranks(10), 10, false);
  EXPECT_NEAR(std::accumulate(weights.mean.begin(), weights.mean.end(), 0.0), 1, 1e-12);
  EXPECT_NEAR(weights.mean[0] / weights.mean[1], std::log(5.5) / std::log(5.5 / 2), 1e-12);
  EXPECT_EQ(weights.mean[9], 0);
  EXPECT_LT(weights.covariance[9], 0);
  EXPECT_NEAR(weights.mu_eff, 3.17, 0.01);
}

TEST(CmaWeightsTest, EquallyGoodMembersShareTheirWeights) {
  const std::vector<int> ranks = {0, 0, 1, 1, 1, 2};
  const CmaWeights weights = CmaWeightsFor(ranks, 3, false);
  EXPECT_EQ(weights.mean[0], weights.mean[1]);
  EXPECT_EQ(weights.covariance[2], weights.covariance[4]);
  EXPECT_NEAR(std::accumulate(weights.mean.begin(), weights.mean.end(), 0.0), 1, 1e-12);
}

TEST(CmaWeightsTest, SmallestSizesGiveUsableRates) {
  for (const int members : {2, 3, 1000}) {
    for (const int dimensions : {1, 2, 200}) {
      for (const bool separable : {false, true}) {
        const CmaWeights weights = CmaWeightsFor(Ranks(members), dimensions, separable);
        EXPECT_GE(weights.c_mu, 0);
        EXPECT_LE(weights.c_1 + weights.c_mu, 1);
        EXPECT_TRUE(std::isfinite(weights.covariance.back()));
      }
    }
  }
}

TEST(MarginTest, ValuesBesideTheMeanKeepTheirProbability) {
  const double alpha = 0.1;
  const std::optional<Marginal> inner = WithMargin({0.52, 1e-3}, 0.4, 0.6, alpha);
  ASSERT_TRUE(inner.has_value());
  EXPECT_GE(NormalCdf((0.4 - inner->mean) / inner->deviation), alpha / 2 - 1e-9);
  EXPECT_GE(NormalCdf((inner->mean - 0.6) / inner->deviation), alpha / 2 - 1e-9);
  const std::optional<Marginal> outer = WithMargin({0.9, 1e-3}, 0.6, std::nullopt, alpha);
  ASSERT_TRUE(outer.has_value());
  EXPECT_NEAR(NormalCdf((0.6 - outer->mean) / outer->deviation), alpha, 1e-9);
  EXPECT_GT(outer->mean, 0.6);
}

TEST(MarginTest, WideDistributionsStayAsTheyAre) {
  EXPECT_FALSE(WithMargin({0.5, 0.3}, 0.4, 0.6, 0.1).has_value());
  EXPECT_FALSE(WithMargin({0.5, 0.3}, std::nullopt, std::nullopt, 0.1).has_value());
  EXPECT_FALSE(WithMargin({0.5, 0.0}, 0.4, 0.6, 0.1).has_value());
}

TEST(CmaCategoriesTest, ProbabilityGoesToTheBestAndTheMarginStays) {
  CmaCategories categories({3, 2}, 0.1);
  for (int generation = 0; generation < 200; ++generation) {
    categories.Update({{2, 0}, {2, 0}, {0, 1}}, {0.7, 0.3, 0.0});
  }
  EXPECT_NEAR(categories.Probability(0, 2), 0.9, 0.01);
  EXPECT_NEAR(categories.Probability(0, 0), 0.05, 0.01);
  EXPECT_NEAR(categories.Probability(1, 1), 0.1, 0.01);
  EXPECT_EQ(categories.At(0, 0.0), 0);
  EXPECT_EQ(categories.At(0, 0.999), 2);
}

TEST(CmaCoordinatesTest, ReflectsContinuousAndClampsSteppedCoordinates) {
  const CmaCoordinates coordinates(
      MakeSpace({DoubleParameter("x", 0, 10), IntParameter("i", 1, 5), IntParameter("one", 7, 7),
                 ListParameter("c", ParameterType::kCategorical, {"a", "b"})}));
  ASSERT_EQ(coordinates.ordered(), 2);
  ASSERT_EQ(coordinates.categorical(), 1);
  const Assignment low = coordinates.Decode({.ordered = {-0.1, -0.1}, .categories = {1}});
  EXPECT_NEAR(low[0], 1, 1e-12);
  EXPECT_EQ(low[1], 1);
  EXPECT_EQ(low[2], 7);
  EXPECT_EQ(low[3], 1);
  const Assignment far = coordinates.Decode({.ordered = {7.3, 9}, .categories = {0}});
  EXPECT_NEAR(far[0], 7, 1e-9);
  EXPECT_EQ(far[1], 5);
}

TEST(CmaCoordinatesTest, CellsMeetWhereTheValueChanges) {
  for (const std::string& name : TestSpaceNames()) {
    SCOPED_TRACE(name);
    const std::shared_ptr<const SearchSpace> space = TestSpace(name);
    const CmaCoordinates coordinates(space);
    int j = 0;
    for (int i = 0; i < space->size(); ++i) {
      const Parameter& parameter = space->parameter(i);
      if (!parameter.is_ordered() || parameter.Cardinality() <= 1) continue;
      const int coordinate = j++;
      if (!(parameter.Cardinality() < 1e6)) continue;
      const CmaCoordinates::Cell cell = coordinates.CellAt(coordinate, 0.5);
      const double value = parameter.FromUnit(0.5);
      const auto value_beside = [&](double edge, double offset) {
        return parameter.FromUnit(edge + offset);
      };
      if (cell.lower) {
        EXPECT_NE(value_beside(*cell.lower, -1e-9), value);
        EXPECT_EQ(value_beside(*cell.lower, 1e-9), value);
      }
      if (cell.upper) {
        EXPECT_EQ(value_beside(*cell.upper, -1e-9), value);
        EXPECT_NE(value_beside(*cell.upper, 1e-9), value);
      }
    }
  }
}

TEST(CmaLabelsTest, AreReadAsTheyWereWritten) {
  for (const std::vector<int64_t>& waiting :
       {std::vector<int64_t>{}, {3}, {3, 4, 5, 9}, {0, 2, 3, 100, 101}}) {
    const CmaLabels labels{.generation = 12, .run = 3, .attempt = 2, .waiting = waiting};
    EXPECT_EQ(ParseCmaLabels(FormatCmaLabels(labels)), labels);
  }
}

TEST(CmaLabelsTest, OtherLabelsAreNotOurs) {
  EXPECT_FALSE(ParseCmaLabels({}).has_value());
  EXPECT_FALSE(ParseCmaLabels({{"generation", "1"}}).has_value());
  for (const char* text : {"", "x", "-1", "1.5", "99999999999999999999"}) {
    EXPECT_FALSE(ParseCmaLabels({{"cmaes.generation", text}}).has_value()) << text;
  }
  for (const char* text : {"", "x", "3.2", "5-4", "0-9999999999", "1..2"}) {
    const std::map<std::string, std::string> labels = {{"cmaes.generation", "1"},
                                                       {"cmaes.waiting", text}};
    EXPECT_FALSE(ParseCmaLabels(labels).has_value()) << text;
  }
}

TEST(RestartScheduleTest, IpopDoublesAndBipopInterlacesSmallRuns) {
  RestartSchedule ipop(RestartStrategy::kIpop, 10, 1);
  ipop.Restart();
  EXPECT_EQ(ipop.run().population, 20);
  ipop.Restart();
  EXPECT_EQ(ipop.run().population, 40);
  RestartSchedule bipop(RestartStrategy::kBipop, 10, 1);
  bipop.Restart();
  EXPECT_EQ(bipop.run().population, 20);
  bipop.Count(1000);
  bipop.Restart();
  EXPECT_LE(bipop.run().population, 20);
  EXPECT_LE(bipop.run().step_factor, 1);
  bipop.Count(2000);
  bipop.Restart();
  EXPECT_EQ(bipop.run().population, 40);
}

TEST(StagnationMonitorTest, StopsOnFlatAndStagnantLosses) {
  StagnationMonitor improving, flat, stagnant;
  bool stopped = false;
  for (int i = 0; i < 1000; ++i) {
    improving.Add(1000.0 - i, 1001.0 - i, 1002.0 - i);
    EXPECT_FALSE(improving.Stopped(5, 8)) << i;
    stagnant.Add(1 + i % 7, 2 + i % 7, 3 + i % 7);
    stopped = stopped || stagnant.Stopped(5, 8);
    if (i < 40) flat.Add(5, 5, 5);
  }
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(flat.Stopped(5, 8));
}

TEST(CmaGaussianTest, ForeignPointsFarAwayMoveItALimitedWay) {
  for (const bool separable : {false, true}) {
    CmaGaussian gaussian({0.5, 0.5}, 0.01, CmaGaussian::Options{.separable = separable});
    Matrix points(2, 4);
    for (int i = 0; i < 4; ++i) points(0, i) = points(1, i) = 1e6 * (i + 1);
    gaussian.Update(points, {true, true, true, true}, CmaWeightsFor(Ranks(4), 2, separable));
    EXPECT_NEAR(gaussian.mean()[0], 0.5, 0.1);
    EXPECT_FALSE(gaussian.Degenerate());
  }
}

TEST(CmaGaussianTest, AWarmStartHasTheGivenDeviations) {
  Matrix covariance(2, 2);
  covariance(0, 0) = 0.04;
  covariance(1, 1) = 0.01;
  covariance(1, 0) = covariance(0, 1) = 0.005;
  for (const bool separable : {false, true}) {
    const CmaGaussian gaussian({0.2, 0.3}, covariance,
                               CmaGaussian::Options{.separable = separable});
    EXPECT_NEAR(gaussian.Deviation(0), 0.2, 1e-12);
    EXPECT_NEAR(gaussian.Deviation(1), 0.1, 1e-12);
  }
}

}  // namespace
}  // namespace qalam
