#include "controller/experiment_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "controller/reconcile.h"
#include "controller/stored_state.h"
#include "core/parameter.h"
#include "storage/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

// An experiment without end that minimises "loss" with one trial at a time.
class ExperimentEndTest : public testing::Test {
 protected:
  ExperimentEndTest() {
    state_.record.parallel_trial_count = 1;
    state_.objective.metrics = {{"loss", MetricStrategy::kMin}};
  }

  // Runs the next trial to its end at the time `now`; into the store, where there is one.
  void RunTrial(double loss, absl::Time now = kStart) {
    SuggestionsArrived reply{.ask_id = state_.ask_id};
    reply.trials.push_back({.name = absl::StrCat("t", state_.next_number)});
    Write(Reconcile(state_, reply, now));
    ASSERT_THAT(state_.active, SizeIs(1));
    const TrialState& trial = state_.active.begin()->second;
    JobFinished end{.number = trial.number, .attempt = trial.attempt};
    end.judgement.verdict = Verdict::kSucceeded;
    end.objective = loss;
    end.observation = {{"loss", FormatNumber(loss), FormatNumber(loss), FormatNumber(loss)}};
    last_ = Reconcile(state_, end, now);
    Write(last_);
  }

  void Write(const Step& step) {
    if (store_ == nullptr) return;
    EXPECT_OK(store_->Commit(step.changes).status());
  }

  TempDir folder_;
  std::unique_ptr<Store> store_;
  ExperimentState state_;
  Step last_;
};

TEST_F(ExperimentEndTest, EndsWhenItHasRunForItsTime) {
  state_.end_rules.max_duration = absl::Seconds(60);
  Step step = Resume(state_, kStart);
  EXPECT_EQ(step.wake_at, kStart + absl::Seconds(60));
  RunTrial(1, kStart + absl::Seconds(30));
  EXPECT_EQ(last_.wake_at, kStart + absl::Seconds(60));
  EXPECT_EQ(state_.record.condition, "Running");
  step = Reconcile(state_, TimePassed{}, kStart + absl::Seconds(60));
  EXPECT_EQ(state_.record.condition, "Succeeded");
  const ConditionRecord& condition = state_.record.conditions.back();
  EXPECT_EQ(condition.reason, "ExperimentMaxDurationReached");
  EXPECT_THAT(condition.message, HasSubstr("its 60 seconds are over"));
  EXPECT_EQ(step.wake_at, absl::InfiniteFuture());
}

TEST_F(ExperimentEndTest, TimeInWhichItWasStoppedDoesNotCount) {
  state_.end_rules.max_duration = absl::Seconds(60);
  Resume(state_, kStart);
  Reconcile(state_, StopRequested{}, kStart + absl::Seconds(50));
  ASSERT_EQ(state_.record.condition, "Suspended");
  EXPECT_EQ(TimeLimit(state_), absl::InfiniteFuture());
  state_.stopping.reset();
  EXPECT_EQ(Resume(state_, kStart + absl::Hours(2)).wake_at,
            kStart + absl::Hours(2) + absl::Seconds(60));
}

TEST_F(ExperimentEndTest, TimeInWhichItsDriverWasDeadCounts) {
  state_.end_rules.max_duration = absl::Seconds(60);
  Resume(state_, kStart);
  EXPECT_EQ(Resume(state_, kStart + absl::Seconds(40)).wake_at, kStart + absl::Seconds(60));
}

TEST_F(ExperimentEndTest, EndsWhenTheLastTrialsBroughtNothingBetter) {
  state_.end_rules.trials_without_improvement = 3;
  Resume(state_, kStart);
  for (const double loss : {5.0, 6.0, 7.0, 4.0, 4.0, 9.0}) {
    RunTrial(loss);
    ASSERT_EQ(state_.record.condition, "Running") << loss;
  }
  RunTrial(4.5);
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentNoImprovement");
  EXPECT_THAT(state_.record.conditions.back().message, HasSubstr("its last 3 trials"));
}

TEST_F(ExperimentEndTest, EndsWhenNothingBetterIsToBeExpected) {
  state_.record.parallel_trial_count = 2;
  Resume(state_, kStart);
  SuggestionsArrived two{.ask_id = state_.ask_id};
  two.trials = {{.name = "t0"}, {.name = "t1"}};
  Reconcile(state_, two, kStart);
  JobFinished first{.number = 0};
  first.judgement.verdict = Verdict::kSucceeded;
  first.objective = 5;
  first.observation = {{"loss", "5", "5", "5"}};
  Reconcile(state_, first, kStart);
  ASSERT_TRUE(state_.asking);
  const Step step = Reconcile(
      state_, SuggestionsArrived{.ask_id = state_.ask_id, .no_improvement_left = "of that"},
      kStart);
  ASSERT_THAT(step.effects, SizeIs(1)) << "the trial that runs is ended first";
  EXPECT_TRUE(std::holds_alternative<CancelJob>(step.effects[0]));
  JobFinished cancelled{.number = 1};
  cancelled.outcome.end = JobEnd::kCancelled;
  Reconcile(state_, cancelled, kStart);
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentNoImprovement");
  EXPECT_EQ(state_.record.conditions.back().message, "Experiment has succeeded because of that");
}

TEST_F(ExperimentEndTest, EndsWhenItsTrialsHaveCostTooMuch) {
  state_.end_rules.max_cost = EndRules::MaxCost{.metric = "loss", .total = 10};
  Resume(state_, kStart);
  for (const double cost : {4.0, std::nan(""), -3.0, 5.5}) {
    RunTrial(cost);
    ASSERT_EQ(state_.record.condition, "Running") << cost;
  }
  RunTrial(0.5);
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentMaxCostReached");
  EXPECT_THAT(state_.record.conditions.back().message,
              HasSubstr("its trials cost 10 loss, and maxCost.total is 10"));
}

TEST_F(ExperimentEndTest, WithoutAnyResultThereIsNoLackOfImprovement) {
  state_.end_rules.trials_without_improvement = 1;
  state_.counts.failed = 10;
  EXPECT_FALSE(FindEnding(state_, kStart).has_value());
  state_.best = ExperimentState::Best{3, 0.5};
  EXPECT_TRUE(FindEnding(state_, kStart).has_value());
}

TEST_F(ExperimentEndTest, NoImprovementForLongAndCostAreReadFromTheStore) {
  ASSERT_OK_AND_ASSIGN(store_, OpenSqliteStore(folder_.path() + "/qalam.db"));
  state_.end_rules.trials_without_improvement = 10;
  state_.end_rules.max_cost = EndRules::MaxCost{.metric = "loss", .total = 1000};
  ExperimentRecord record;
  record.uid = "u";
  record.ns = "default";
  record.name = "e";
  record.parallel_trial_count = 1;
  ASSERT_OK_AND_ASSIGN(state_.record, store_->CreateExperiment(record));
  Write(Resume(state_, kStart));
  for (const double loss : {5.0, 3.0, 4.0, 4.5}) RunTrial(loss);
  ASSERT_EQ(state_.completed_at_improvement, 2);
  ExperimentState loaded;
  loaded.record = state_.record;
  loaded.objective = state_.objective;
  loaded.end_rules = state_.end_rules;
  ASSERT_OK(LoadOutcomes(*store_, &loaded).status());
  EXPECT_EQ(loaded.completed_at_improvement, 2);
  EXPECT_EQ(CompletedTrials(loaded.counts), 4);
  EXPECT_EQ(loaded.cost, 16.5);
  EXPECT_EQ(loaded.cost, state_.cost);
}

}  // namespace
}  // namespace qalam
