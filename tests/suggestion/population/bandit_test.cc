#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/population/bandit_explorer.h"
#include "suggestion/population/place.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Point = ImprovementModel::Point;

TEST(ImprovementModelTest, TheMeanFollowsTheGainsAndTheBoundIsHighFarFromThem) {
  std::vector<Point> points;
  std::vector<double> gains;
  for (int i = 0; i <= 10; ++i) {
    const double x = 0.05 * i;
    points.push_back({.x = {x}, .t = 3});
    gains.push_back(std::sin(6 * x));
  }
  ImprovementModel model;
  ASSERT_TRUE(model.Fit(points, gains));
  EXPECT_NEAR(model.UpperBound({.x = {0.26}, .t = 3}, 0), std::sin(6 * 0.26), 0.1);
  const auto deviation = [&](double x, double t) {
    return model.UpperBound({.x = {x}, .t = t}, 1) - model.UpperBound({.x = {x}, .t = t}, 0);
  };
  EXPECT_GT(deviation(1, 3), 2 * deviation(0.26, 3));
  const double before = deviation(1, 3);
  model.AddPending({{.x = {1}, .t = 3}});
  EXPECT_LT(deviation(1, 3), 0.5 * before);
}

TEST(ImprovementModelTest, WhatChangesWithTimeIsForgotten) {
  std::vector<Point> points;
  std::vector<double> gains;
  RandomStream random(1, 0, "test");
  for (int t = 0; t < 60; ++t) {
    const double x = random.Uniform();
    points.push_back({.x = {x}, .t = static_cast<double>(t)});
    // High was good for long, and low is now.
    gains.push_back((t < 40 ? 1 : -1) * (2 * x - 1));
  }
  ImprovementModel model;
  ASSERT_TRUE(model.Fit(points, gains));
  EXPECT_GT(model.UpperBound({.x = {0.1}, .t = 60}, 0), model.UpperBound({.x = {0.9}, .t = 60}, 0));
}

TEST(BanditExplorerTest, NumbersComeFromWhereMembersImproveAndCategoriesFromTheWinner) {
  const auto space =
      MakeSpace({DoubleParameter("x", 0, 1),
                 ListParameter("c", ParameterType::kCategorical, {"a", "b", "c", "d"})});
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  History history(space, objective);
  RandomStream random(1, 0, "test");
  std::vector<double> loss;
  for (int i = 0; i < 60; ++i) {
    TrialRecord trial = PendingTrial(i, {random.Uniform(), 2});
    PopulationPlace place{.member = i % 5, .generation = i / 5};
    if (i >= 5) place.parent = i - 5;
    trial.labels = FormatPopulationPlace(place);
    trial.condition = TrialCondition::kSucceeded;
    loss.push_back((i >= 5 ? loss[static_cast<size_t>(i - 5)] : 10) -
                   std::exp(-50 * std::pow(trial.assignment[0] - 0.7, 2)));
    trial.objective = loss.back();
    ASSERT_TRUE(history.Put(trial));
  }
  BanditExplorer explorer(3);
  const PopulationStep step{.kind = PopulationStep::Kind::kReplace,
                            .place = {.member = 0, .generation = 12, .parent = 55},
                            .from = 55};
  const Assignment point = explorer.Explore(history, step);
  EXPECT_NEAR(point[0], 0.7, 0.15);
  EXPECT_EQ(point, BanditExplorer(3).Explore(history, step));
}

TEST(BanditExplorerTest, WithoutResultsItPerturbs) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  History history(space, objective);
  ASSERT_TRUE(history.Put(PendingTrial(0, {0.5})));
  EXPECT_EQ(BanditExplorer(3).Explore(history, {.from = 0}),
            PerturbingExplorer(std::nullopt, 3).Explore(history, {.from = 0}));
}

}  // namespace
}  // namespace qalam
