// spec.initialTrials in the life cycle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "controller/reconcile.h"

namespace qalam {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1000);

InitialTrial ToRun(const std::string& x) { return {.values = {{"x", x}}}; }
InitialTrial Known(const std::string& x, double loss) {
  return {.values = {{"x", x}}, .objective = loss, .observation = {{"loss", "1", "1", "1"}}};
}

class InitialTrialsTest : public ::testing::Test {
 protected:
  InitialTrialsTest() {
    state_.record.id = 7;
    state_.record.name = "e";
    state_.record.uid = "u";
    state_.record.parallel_trial_count = 2;
    state_.record.max_trial_count = 6;
    state_.objective.metrics = {{"loss", MetricStrategy::kMin}};
    SetCondition(state_.record, "Created", "ExperimentCreated", "", kNow);
  }

  template <typename T, typename V>
  static std::vector<T> Only(const std::vector<V>& all) {
    std::vector<T> result;
    for (const V& one : all) {
      if (const T* match = std::get_if<T>(&one)) result.push_back(*match);
    }
    return result;
  }

  Step Finish(int64_t number) {
    JobFinished event{.number = number, .attempt = 1, .objective = 0.5};
    event.judgement.verdict = Verdict::kSucceeded;
    event.observation = {{"loss", "0.5", "0.5", "0.5"}};
    return Reconcile(state_, event, kNow);
  }

  ExperimentState state_;
};

TEST_F(InitialTrialsTest, ComeBeforeTheAlgorithmIsAsked) {
  state_.initial_trials = {ToRun("1"), ToRun("2"), ToRun("3")};
  Step step = Resume(state_, kNow);
  const auto created = Only<TrialCreated>(step.changes);
  ASSERT_THAT(created, SizeIs(2)) << "as many as may run";
  EXPECT_EQ(created[1].trial.number, 1);
  EXPECT_EQ(created[1].trial.assignment, NamedValues({{"x", "2"}}));
  EXPECT_EQ(created[1].trial.labels.at("qalam.dev/initial"), "run");
  EXPECT_EQ(created[1].trial.explanation, "given in spec.initialTrials");
  EXPECT_NE(created[0].trial.name, created[1].trial.name);
  EXPECT_THAT(Only<SubmitJob>(step.effects), SizeIs(2));
  EXPECT_THAT(Only<AskSuggestions>(step.effects), IsEmpty());

  step = Finish(0);
  EXPECT_THAT(Only<TrialCreated>(step.changes), SizeIs(1));
  EXPECT_THAT(Only<AskSuggestions>(step.effects), IsEmpty());
  step = Finish(1);
  EXPECT_THAT(Only<TrialCreated>(step.changes), IsEmpty());
  ASSERT_THAT(Only<AskSuggestions>(step.effects), SizeIs(1));
  EXPECT_EQ(Only<AskSuggestions>(step.effects)[0].count, 1);
}

TEST_F(InitialTrialsTest, KnownOnesAreStoredWithTheirResultAndNotRun) {
  state_.initial_trials = {Known("1", 0.3), Known("2", 0.2), Known("3", 0.4)};
  const Step step = Resume(state_, kNow);
  EXPECT_THAT(Only<TrialCreated>(step.changes), SizeIs(3)) << "they need no room";
  const auto changed = Only<TrialChanged>(step.changes);
  ASSERT_THAT(changed, SizeIs(3));
  EXPECT_EQ(changed[1].condition, TrialCondition::kSucceeded);
  EXPECT_EQ(changed[1].objective, 0.2);
  EXPECT_THAT(changed[1].observation, SizeIs(1));
  EXPECT_THAT(Only<SubmitJob>(step.effects), IsEmpty());
  EXPECT_EQ(state_.best->number, 1);
  EXPECT_EQ(state_.counts.succeeded, 3);
  EXPECT_THAT(state_.active, IsEmpty());
  ASSERT_THAT(Only<AskSuggestions>(step.effects), SizeIs(1));
}

TEST_F(InitialTrialsTest, CountAsTrials) {
  state_.record.max_trial_count = 3;
  state_.initial_trials = {Known("1", 0.3), Known("2", 0.2)};
  Step step = Resume(state_, kNow);
  EXPECT_EQ(Only<AskSuggestions>(step.effects)[0].count, 1);
}

TEST_F(InitialTrialsTest, AKnownResultMayEndTheExperiment) {
  state_.objective.goal = 0.25;
  state_.initial_trials = {Known("1", 0.2), Known("2", 0.1), ToRun("3")};
  const Step step = Resume(state_, kNow);
  EXPECT_THAT(Only<TrialCreated>(step.changes), SizeIs(1)) << "nothing begins after the goal";
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentGoalReached");
}

TEST_F(InitialTrialsTest, ARestartGoesOnWithTheNext) {
  state_.initial_trials = {Known("1", 0.3), ToRun("2"), ToRun("3")};
  state_.record.parallel_trial_count = 1;
  Resume(state_, kNow);
  EXPECT_EQ(state_.next_number, 2);
  const Step step = Resume(state_, kNow);  // after a crash: the same state, read from the store
  EXPECT_THAT(Only<TrialCreated>(step.changes), IsEmpty());
  EXPECT_THAT(Only<SubmitJob>(step.effects), SizeIs(1));
  const auto created = Only<TrialCreated>(Finish(1).changes);
  ASSERT_THAT(created, SizeIs(1));
  EXPECT_EQ(created[0].trial.assignment, NamedValues({{"x", "3"}}));
}

TEST_F(InitialTrialsTest, NoneIsMadeWhileTheExperimentStops) {
  state_.initial_trials = {ToRun("1"), ToRun("2"), ToRun("3")};
  Resume(state_, kNow);
  Reconcile(state_, StopRequested{}, kNow);
  EXPECT_THAT(Only<TrialCreated>(Finish(0).changes), IsEmpty());
}

}  // namespace
}  // namespace qalam
