#include "core/outcomes.h"

#include <gtest/gtest.h>

#include <limits>

namespace qalam {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Objective Three() {
  Objective objective;
  objective.metrics = {{"loss", MetricStrategy::kMin},
                       {"other", MetricStrategy::kLatest},
                       {"b", MetricStrategy::kLatest},
                       {"a", MetricStrategy::kMax}};
  objective.further = {{"a", Direction::kMaximize}, {"b", Direction::kMinimize}};
  return objective;
}

TEST(OutcomesTest, MetricsAreFoundWithTheirStrategy) {
  const Objective objective = Three();
  EXPECT_EQ(OptimisedMetric(objective, 0).name, "loss");
  EXPECT_EQ(OptimisedMetric(objective, 1), (MetricSpec{"a", MetricStrategy::kMax}));
  EXPECT_EQ(OptimisedMetric(objective, 2), (MetricSpec{"b", MetricStrategy::kLatest}));
  EXPECT_EQ(LossOf(objective, 0, 3), 3);
  EXPECT_EQ(LossOf(objective, 1, 3), -3);
}

TEST(OutcomesTest, AGoalIsReachedByEqualAndBetterValues) {
  Objective objective = Three();
  EXPECT_FALSE(ReachesGoals(objective, {}, {-kInfinity, -kInfinity, -kInfinity}))
      << "without a goal nothing reaches it";
  objective.goal = 1;
  EXPECT_TRUE(ReachesGoals(objective, {}, {1, 9, 9}));
  EXPECT_FALSE(ReachesGoals(objective, {}, {1.5, 0, 0}));
  EXPECT_FALSE(ReachesGoals(objective, {}, {kNaN, 0, 0}));
}

TEST(OutcomesTest, OneTrialMustReachAllGoals) {
  Objective objective = Three();
  const auto losses = [&](double loss, double a, double b) {
    return std::vector<double>{loss, LossOf(objective, 1, a), b};
  };
  EXPECT_TRUE(ReachesGoals(objective, {std::nullopt, 3}, losses(9, 0, 3)));
  objective.goal = 1;
  EXPECT_FALSE(ReachesGoals(objective, {std::nullopt, 3}, losses(9, 0, 3)));
  EXPECT_FALSE(ReachesGoals(objective, {std::nullopt, 3}, losses(1, 0, 4)));
  EXPECT_TRUE(ReachesGoals(objective, {std::nullopt, 3}, losses(1, 0, 3)));
  EXPECT_FALSE(ReachesGoals(objective, {5, 3}, losses(1, 4.5, 3)));
  EXPECT_TRUE(ReachesGoals(objective, {5, 3}, losses(1, 5.5, 3)));
}

TEST(OutcomesTest, ViolationsAddUpAndUnknownOnesOutweighAll) {
  EXPECT_EQ(TotalViolation({}), 0);
  EXPECT_EQ(TotalViolation({-3, 0}), 0) << "room to spare makes up for nothing";
  EXPECT_EQ(TotalViolation({-3, 2, 0.5}), 2.5);
  EXPECT_EQ(TotalViolation({-3, kNaN}), kInfinity);
  EXPECT_EQ(BoundText({.metric = "memory_mb", .bound = 512}), "memory_mb <= 512");
  EXPECT_EQ(BoundText({.metric = "recall", .at_most = false, .bound = 0.5}), "recall >= 0.5");
}

}  // namespace
}  // namespace qalam
