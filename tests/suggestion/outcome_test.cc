#include "suggestion/outcome.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

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

// Accuracy up, latency down, memory at most 100.
class ConstrainedOutcomeTest : public testing::Test {
 protected:
  ConstrainedOutcomeTest() {
    objective_.direction = Direction::kMaximize;
    objective_.further = {{.metric = "latency", .direction = Direction::kMinimize}};
    objective_.constraints = {{.metric = "memory", .at_most = true, .bound = 100},
                              {.metric = "recall", .at_most = false, .bound = 0.5}};
  }

  Outcome Of(double accuracy, double latency, double memory, double recall) const {
    TrialRecord trial;
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = accuracy;
    trial.further_objectives = {latency};
    trial.violations = {objective_.constraints[0].Violation(memory),
                        objective_.constraints[1].Violation(recall)};
    return OutcomeOf(trial, objective_);
  }

  Objective objective_;
};

TEST_F(ConstrainedOutcomeTest, EveryLossIsSmallerWhereItIsBetter) {
  const Outcome outcome = Of(0.9, 12, 100, 0.5);
  EXPECT_EQ(outcome.loss, -0.9);
  EXPECT_EQ(outcome.further_losses, std::vector<double>({12}));
  EXPECT_TRUE(outcome.feasible());
}

TEST_F(ConstrainedOutcomeTest, ViolationsAddUpAndUnknownOnesAreInfinite) {
  EXPECT_EQ(Of(0.9, 12, 107, 0.25).violation, 7.25);
  EXPECT_EQ(Of(0.9, 12, 90, 0.25).violation, 0.25);
  EXPECT_EQ(Of(0.9, 12, std::nan(""), 0.9).violation, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(Of(0.9, 12, 107, 0.9).feasible());
}

TEST_F(ConstrainedOutcomeTest, WhatKeepsToTheConstraintsIsBetterWhateverItsLoss) {
  EXPECT_TRUE(BetterOutcome(Of(0.1, 12, 99, 0.9), Of(0.9, 12, 101, 0.9)));
  EXPECT_TRUE(BetterOutcome(Of(0.1, 12, 101, 0.9), Of(0.9, 12, 102, 0.9)));
  EXPECT_TRUE(BetterOutcome(Of(0.9, 12, 99, 0.9), Of(0.8, 12, 1, 0.9)));
}

TEST_F(ConstrainedOutcomeTest, AnObjectiveThatIsMissingOrNotFiniteIsAFailure) {
  EXPECT_EQ(Of(0.9, std::nan(""), 1, 1).kind, OutcomeKind::kFailed);
  TrialRecord trial;
  trial.condition = TrialCondition::kSucceeded;
  trial.objective = 0.9;
  EXPECT_EQ(OutcomeOf(trial, objective_).kind, OutcomeKind::kFailed);
}

}  // namespace
}  // namespace qalam
