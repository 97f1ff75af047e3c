#include "core/curve_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace qalam {
namespace {

using testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

Objective ObjectiveOf(Direction direction, MetricStrategy strategy) {
  Objective objective;
  objective.direction = direction;
  objective.metrics = {{"loss", strategy}};
  return objective;
}

std::vector<double> Reached(Direction direction, MetricStrategy strategy,
                            const std::vector<double>& values) {
  CurveHistory history(ObjectiveOf(direction, strategy));
  history.Start(0);
  for (const double value : values) EXPECT_TRUE(history.Report(0, value));
  return history.Find(0)->reached;
}

TEST(CurveHistoryTest, WhatIsReachedFollowsTheStrategy) {
  const std::vector<double> values = {3, 1, 2};
  EXPECT_THAT(Reached(Direction::kMinimize, MetricStrategy::kMin, values), ElementsAre(3, 1, 1));
  EXPECT_THAT(Reached(Direction::kMinimize, MetricStrategy::kLatest, values), ElementsAre(3, 1, 2));
  EXPECT_THAT(Reached(Direction::kMinimize, MetricStrategy::kMax, values), ElementsAre(3, 3, 3));
  EXPECT_THAT(Reached(Direction::kMaximize, MetricStrategy::kMax, values), ElementsAre(-3, -3, -3));
  EXPECT_THAT(Reached(Direction::kMaximize, MetricStrategy::kLatest, values),
              ElementsAre(-3, -1, -2));
}

TEST(CurveHistoryTest, NanIsWorseThanEverythingAndLeavesTheBestSoFar) {
  EXPECT_THAT(Reached(Direction::kMinimize, MetricStrategy::kMin, {kNan, 2, kNan}),
              ElementsAre(kInfinity, 2, 2));
  EXPECT_THAT(Reached(Direction::kMaximize, MetricStrategy::kMax, {kNan, 2, kNan}),
              ElementsAre(kInfinity, -2, -2));
  EXPECT_THAT(Reached(Direction::kMaximize, MetricStrategy::kLatest, {2, kNan}),
              ElementsAre(-2, kInfinity));
}

TEST(CurveHistoryTest, OnlyTrialsThatRunReport) {
  CurveHistory history(ObjectiveOf(Direction::kMinimize, MetricStrategy::kMin));
  EXPECT_FALSE(history.Report(7, 1));
  EXPECT_FALSE(history.End(7, TrialCondition::kFailed));
  history.Start(7);
  EXPECT_TRUE(history.Report(7, 1));
  EXPECT_FALSE(history.End(7, TrialCondition::kRunning));
  EXPECT_TRUE(history.End(7, TrialCondition::kFailed));
  EXPECT_FALSE(history.Report(7, 2));
  EXPECT_FALSE(history.End(7, TrialCondition::kSucceeded));
  EXPECT_EQ(history.Find(7)->condition, TrialCondition::kFailed);
  EXPECT_EQ(history.Find(8), nullptr);
}

std::vector<std::pair<int, int>> LogOf(const CurveHistory& history) {
  std::vector<std::pair<int, int>> log;
  for (const CurveHistory::Entry& entry : history.log()) log.push_back({entry.curve, entry.step});
  return log;
}

TEST(CurveHistoryTest, TheLogTellsWhatHappenedAndBeginsAnewWhenAnAttemptIsForgotten) {
  CurveHistory history(ObjectiveOf(Direction::kMinimize, MetricStrategy::kMin));
  history.Start(4);
  history.Start(9);
  history.Report(9, 1);
  history.Report(4, 2);
  history.Report(9, 3);
  history.End(9, TrialCondition::kSucceeded);
  using Log = std::vector<std::pair<int, int>>;
  EXPECT_EQ(LogOf(history), (Log{{1, 1}, {0, 1}, {1, 2}, {1, 0}}));
  EXPECT_EQ(history.generation(), 0);

  history.Start(4);  // its next attempt
  EXPECT_EQ(history.generation(), 1);
  EXPECT_EQ(LogOf(history), (Log{{1, 1}, {1, 2}, {1, 0}}));
  EXPECT_EQ(history.Find(4)->steps(), 0);
  history.Start(4);  // had nothing to forget
  EXPECT_EQ(history.generation(), 1);
}

}  // namespace
}  // namespace qalam
