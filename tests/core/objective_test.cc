#include "core/objective.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace qalam {
namespace {

const double kNan = std::nan("");
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ObjectiveTest, BetterFollowsTheDirection) {
  Objective objective;
  objective.direction = Direction::kMinimize;
  EXPECT_TRUE(objective.Better(1, 2));
  EXPECT_FALSE(objective.Better(2, 1));
  EXPECT_FALSE(objective.Better(1, 1));
  objective.direction = Direction::kMaximize;
  EXPECT_TRUE(objective.Better(2, 1));
  EXPECT_FALSE(objective.Better(1, 2));
}

TEST(ObjectiveTest, NanIsWorseThanEverythingAndNoBetterThanItself) {
  for (const Direction direction : {Direction::kMinimize, Direction::kMaximize}) {
    Objective objective;
    objective.direction = direction;
    for (const double value : {-kInfinity, -1.0, 0.0, 1.0, kInfinity}) {
      EXPECT_TRUE(objective.Better(value, kNan)) << value;
      EXPECT_FALSE(objective.Better(kNan, value)) << value;
    }
    EXPECT_FALSE(objective.Better(kNan, kNan));
  }
}

TEST(ObjectiveTest, AGoalIsReachedByEqualAndBetterValues) {
  Objective objective;
  EXPECT_FALSE(objective.Reached(-kInfinity)) << "without a goal nothing reaches it";
  objective.goal = 0.5;
  EXPECT_TRUE(objective.Reached(0.5));
  EXPECT_TRUE(objective.Reached(0.4));
  EXPECT_FALSE(objective.Reached(0.6));
  EXPECT_FALSE(objective.Reached(kNan));
  objective.direction = Direction::kMaximize;
  EXPECT_TRUE(objective.Reached(0.6));
  EXPECT_FALSE(objective.Reached(0.4));
}

TEST(ObjectiveTest, NamesReadBack) {
  for (const Direction direction : {Direction::kMinimize, Direction::kMaximize}) {
    EXPECT_EQ(ParseDirection(DirectionName(direction)), direction);
  }
  for (const MetricStrategy strategy :
       {MetricStrategy::kMin, MetricStrategy::kMax, MetricStrategy::kLatest}) {
    EXPECT_EQ(ParseMetricStrategy(MetricStrategyName(strategy)), strategy);
  }
  EXPECT_EQ(ParseDirection("Minimize"), std::nullopt);
  EXPECT_EQ(ParseMetricStrategy(""), std::nullopt);
}

}  // namespace
}  // namespace qalam
