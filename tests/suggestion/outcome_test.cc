#include "suggestion/outcome.h"

#include <gtest/gtest.h>

#include <limits>

namespace qalam {
namespace {

Outcome Of(TrialCondition condition, std::optional<double> objective,
           Direction direction = Direction::kMinimize) {
  TrialRecord trial;
  trial.condition = condition;
  trial.objective = objective;
  Objective what;
  what.direction = direction;
  return OutcomeOf(trial, what);
}

TEST(OutcomeTest, ALossIsTheObjectiveSoThatSmallerIsBetter) {
  EXPECT_EQ(Of(TrialCondition::kSucceeded, 3.0).loss, 3);
  EXPECT_EQ(Of(TrialCondition::kSucceeded, 3.0, Direction::kMaximize).loss, -3);
  EXPECT_TRUE(Of(TrialCondition::kSucceeded, 3.0).has_loss());
}

TEST(OutcomeTest, ATrialThatRunsIsPendingWhateverItReportedSoFar) {
  EXPECT_EQ(Of(TrialCondition::kCreated, std::nullopt).kind, OutcomeKind::kPending);
  EXPECT_EQ(Of(TrialCondition::kRunning, 1.0).kind, OutcomeKind::kPending);
  EXPECT_FALSE(Of(TrialCondition::kRunning, 1.0).has_loss());
}

TEST(OutcomeTest, WhatIsNotFiniteHasFailed) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Of(TrialCondition::kSucceeded, inf).kind, OutcomeKind::kFailed);
  EXPECT_EQ(Of(TrialCondition::kSucceeded, std::nan("")).kind, OutcomeKind::kFailed);
  EXPECT_EQ(Of(TrialCondition::kSucceeded, std::nullopt).kind, OutcomeKind::kFailed);
  EXPECT_EQ(Of(TrialCondition::kEarlyStopped, -inf).kind, OutcomeKind::kFailed);
  EXPECT_EQ(Of(TrialCondition::kFailed, 1.0).kind, OutcomeKind::kFailed);
  EXPECT_EQ(Of(TrialCondition::kMetricsUnavailable, std::nullopt).kind, OutcomeKind::kFailed);
}

TEST(OutcomeTest, StoppedEarlyIsPartialAndKilledSaysNothing) {
  EXPECT_EQ(Of(TrialCondition::kEarlyStopped, 2.0).kind, OutcomeKind::kPartial);
  EXPECT_TRUE(Of(TrialCondition::kEarlyStopped, 2.0).has_loss());
  EXPECT_EQ(Of(TrialCondition::kKilled, 2.0).kind, OutcomeKind::kNothing);
}

}  // namespace
}  // namespace qalam
