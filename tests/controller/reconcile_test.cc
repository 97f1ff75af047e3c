#include "controller/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1000);

// An experiment that minimises "loss", driven step by step.
class ReconcileTest : public ::testing::Test {
 protected:
  ReconcileTest() {
    state_.record.id = 7;
    state_.record.parallel_trial_count = 2;
    state_.record.max_trial_count = 4;
    state_.objective.metrics = {{"loss", MetricStrategy::kMin}};
    SetCondition(state_.record, "Created", "ExperimentCreated", "", kNow);
  }

  Step Send(const Event& event) { return last_ = Reconcile(state_, event, kNow); }

  // Starts, and answers the first question with as many trials as were asked for.
  void StartTrials() {
    last_ = Resume(state_, kNow);
    Answer(state_.asked_count);
  }

  Step Answer(int count) {
    SuggestionsArrived reply{.ask_id = state_.ask_id, .asked_at = 11};
    for (int i = 0; i < count; ++i) {
      reply.trials.push_back({.name = absl::StrCat("x-", state_.next_number + i)});
    }
    return Send(reply);
  }

  JobFinished Finished(int64_t number, std::optional<double> objective) {
    JobFinished event{.number = number, .attempt = state_.active.at(number).attempt};
    event.judgement.verdict = Verdict::kSucceeded;
    event.objective = objective;
    const std::string text = objective ? FormatNumber(*objective) : "";
    if (objective) event.observation = {{"loss", text, text, text}};
    return event;
  }

  JobFinished Ended(int64_t number, JobEnd end) {
    JobFinished event{.number = number, .attempt = state_.active.at(number).attempt};
    event.outcome.end = end;
    event.outcome.message = "what happened";
    event.judgement.verdict = Verdict::kFailed;
    return event;
  }

  template <typename T>
  std::vector<T> Changes() const {
    return Only<T>(last_.changes);
  }
  template <typename T>
  std::vector<T> Effects() const {
    return Only<T>(last_.effects);
  }
  TrialChanged LastTrialChange() const { return Changes<TrialChanged>().back(); }

  ExperimentState state_;
  Step last_;

 private:
  template <typename T, typename V>
  static std::vector<T> Only(const std::vector<V>& all) {
    std::vector<T> result;
    for (const V& one : all) {
      if (const T* match = std::get_if<T>(&one)) result.push_back(*match);
    }
    return result;
  }
};

TEST_F(ReconcileTest, BeginsByAskingForAsManyTrialsAsMayRun) {
  last_ = Resume(state_, kNow);
  EXPECT_EQ(state_.record.condition, "Running");
  ASSERT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  EXPECT_EQ(Effects<AskSuggestions>()[0].count, 2);
}

TEST_F(ReconcileTest, WritesProposedTrialsWithTheSequenceTheyWereAskedAtAndSubmitsThem) {
  StartTrials();
  ASSERT_THAT(Changes<TrialCreated>(), SizeIs(2));
  EXPECT_EQ(Changes<TrialCreated>()[1].trial.number, 1);
  EXPECT_EQ(Changes<TrialCreated>()[1].trial.asked_at, 11);
  EXPECT_THAT(Effects<SubmitJob>(), SizeIs(2));
  EXPECT_THAT(Effects<AskSuggestions>(), IsEmpty());
}

TEST_F(ReconcileTest, AReusedResultEndsItsTrialAtOnceAndMoreIsAsked) {
  last_ = Resume(state_, kNow);
  SuggestionsArrived reply{.ask_id = state_.ask_id, .asked_at = 11};
  StoredTrial known{.name = "x-known"};
  known.objective = 0.25;
  known.observation = {{"loss", "0.25", "1", "0.5"}};
  reply.trials = {{.name = "x-0", .labels = {{"a", "b"}}, .known = known}, {.name = "x-1"}};
  Send(reply);
  const StoredTrial created = Changes<TrialCreated>()[0].trial;
  EXPECT_EQ(created.asked_at, 11);
  EXPECT_THAT(created.labels, UnorderedElementsAre(Pair("a", "b"), Pair(kReusedLabel, "x-known")));
  ASSERT_THAT(Changes<TrialChanged>(), SizeIs(1));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kSucceeded);
  EXPECT_EQ(LastTrialChange().reason, "ResultReused");
  EXPECT_EQ(LastTrialChange().objective, 0.25);
  EXPECT_EQ(LastTrialChange().observation, known.observation);
  ASSERT_THAT(Effects<SubmitJob>(), SizeIs(1));
  EXPECT_EQ(Effects<SubmitJob>()[0].number, 1);
  ASSERT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  EXPECT_EQ(Effects<AskSuggestions>()[0].count, 1);
  EXPECT_EQ(state_.counts.succeeded, 1);
}

TEST_F(ReconcileTest, AFinishedTrialMakesRoomForTheNext) {
  StartTrials();
  Send(Finished(0, 0.5));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kSucceeded);
  EXPECT_EQ(LastTrialChange().objective, 0.5);
  ASSERT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  EXPECT_EQ(Effects<AskSuggestions>()[0].count, 1);
  ASSERT_THAT(Effects<ReleaseJob>(), SizeIs(1));
  EXPECT_EQ(Effects<ReleaseJob>()[0].trial, "x-0");
}

TEST_F(ReconcileTest, EndsWhenAllTrialsAreDoneAndNeverAsksBeyondTheMaximum) {
  state_.record.max_trial_count = 3;
  StartTrials();
  Send(Finished(0, 0.5));
  Answer(1);
  Send(Finished(1, 0.4));
  EXPECT_THAT(Effects<AskSuggestions>(), IsEmpty());
  Send(Finished(2, 0.6));
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentMaxTrialsReached");
  EXPECT_EQ(state_.record.completed, kNow);
  EXPECT_EQ(state_.best->number, 1);
  EXPECT_THAT(Effects<EndDrive>(), SizeIs(1));
}

TEST_F(ReconcileTest, ReachingTheGoalCancelsRunningTrialsBeforeItSucceeds) {
  state_.objective.goal = 0.1;
  StartTrials();
  Send(Finished(0, 0.05));
  EXPECT_EQ(state_.record.condition, "Running");
  ASSERT_THAT(Effects<CancelJob>(), SizeIs(1));
  EXPECT_EQ(Effects<CancelJob>()[0].number, 1);

  Send(Ended(1, JobEnd::kCancelled));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kKilled);
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentGoalReached");
}

TEST_F(ReconcileTest, ADriverThatDiedWhileEndingTakesOverWhatRunsToEndIt) {
  state_.objective.goal = 0.1;
  StartTrials();
  Send(Finished(0, 0.05));
  last_ = Resume(state_, kNow);
  EXPECT_THAT(Effects<SubmitJob>(), SizeIs(1));
  EXPECT_THAT(Effects<CancelJob>(), SizeIs(1));
  EXPECT_EQ(state_.record.condition, "Running");
}

TEST_F(ReconcileTest, FailsAfterTooManyFailuresCountingMissingMetrics) {
  state_.record.max_failed_trial_count = 2;
  StartTrials();
  Send(Ended(0, JobEnd::kExitCode));
  EXPECT_EQ(LastTrialChange().reason, "ExitCode");
  EXPECT_EQ(state_.record.condition, "Running");
  Send(Finished(1, std::nullopt));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kMetricsUnavailable);
  EXPECT_EQ(state_.record.condition, "Failed");
  EXPECT_THAT(state_.record.conditions.back().message, HasSubstr("maxFailedTrialCount is 2"));
}

TEST_F(ReconcileTest, AMaximumOfNoFailuresActsAsOne) {
  state_.record.max_failed_trial_count = 0;
  StartTrials();
  EXPECT_EQ(state_.record.condition, "Running");
  Send(Ended(0, JobEnd::kSignal));
  Send(Ended(1, JobEnd::kCancelled));
  EXPECT_EQ(state_.record.condition, "Failed");
}

TEST_F(ReconcileTest, ObjectivesThatAreNotFiniteAreNoResultAndNeverBest) {
  StartTrials();
  Send(Finished(0, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(LastTrialChange().reason, "ObjectiveNotFinite");
  Send(Finished(1, -std::numeric_limits<double>::infinity()));
  EXPECT_EQ(LastTrialChange().reason, "ObjectiveNotFinite");
  EXPECT_FALSE(state_.best.has_value());
}

TEST_F(ReconcileTest, ATextObjectiveIsAResultWithoutValue) {
  StartTrials();
  JobFinished event = Finished(0, std::numeric_limits<double>::quiet_NaN());
  event.observation = {{"loss", "", "", "Genotype(normal=[])"}};
  Send(event);
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kSucceeded);
  EXPECT_EQ(LastTrialChange().objective, std::nullopt);
}

TEST_F(ReconcileTest, LostInfrastructureRunsTheSameTrialAgainUpToALimit) {
  StartTrials();
  for (int attempt = 1; attempt < kMaxAttempts; ++attempt) {
    Send(Ended(0, JobEnd::kLost));
    EXPECT_EQ(LastTrialChange().condition, TrialCondition::kCreated);
    EXPECT_EQ(state_.active.at(0).attempt, attempt + 1);
    ASSERT_THAT(Effects<SubmitJob>(), SizeIs(1));
    EXPECT_EQ(Effects<SubmitJob>()[0].attempt, attempt + 1);
  }
  Send(Ended(0, JobEnd::kLost));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kFailed);
  EXPECT_EQ(LastTrialChange().reason, "InfrastructureLost");
}

TEST_F(ReconcileTest, EndsSuccessfullyWhenTheSearchSpaceIsExhausted) {
  StartTrials();
  Send(Finished(0, 0.5));
  Answer(0);  // one is still active: the algorithm may be waiting for it
  EXPECT_EQ(state_.record.condition, "Running");
  EXPECT_THAT(Effects<AskSuggestions>(), IsEmpty());
  Send(Finished(1, 0.5));
  EXPECT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  Answer(0);
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentSuggestionEndReached");
}

// The algorithm waits for a trial that ends while it answers.
TEST_F(ReconcileTest, AnAnswerThatDidNotKnowOfTheLastEndIsNoSignOfExhaustion) {
  StartTrials();
  Send(Finished(0, 0.5));
  Send(Finished(1, 0.5));
  Answer(0);  // to the question that was put when trial 1 was active
  EXPECT_EQ(state_.record.condition, "Running");
  EXPECT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  Answer(0);
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentSuggestionEndReached");
}

TEST_F(ReconcileTest, AnAlgorithmThatFailsEndsTheExperimentWithItsMessage) {
  last_ = Resume(state_, kNow);
  Send(SuggestionsArrived{.ask_id = state_.ask_id, .status = absl::InternalError("no way")});
  EXPECT_EQ(state_.record.condition, "Failed");
  EXPECT_THAT(state_.record.conditions.back().message, HasSubstr("no way"));
}

TEST_F(ReconcileTest, StoppingSuspendsAndInterruptedTrialsRunAgainOnResume) {
  StartTrials();
  Send(StopRequested{StopMode::kGraceful});
  EXPECT_THAT(Effects<CancelJob>(), SizeIs(2));
  Send(Ended(0, JobEnd::kCancelled));
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kCreated);
  EXPECT_EQ(state_.record.condition, "Running");
  Send(Finished(1, 0.5));  // came to its own end in time: a result
  EXPECT_EQ(state_.record.condition, "Suspended");
  EXPECT_EQ(state_.record.completed, std::nullopt);

  state_.stopping = std::nullopt;
  last_ = Resume(state_, kNow);
  EXPECT_EQ(state_.record.condition, "Running");
  ASSERT_THAT(Effects<SubmitJob>(), SizeIs(1));
  EXPECT_EQ(Effects<SubmitJob>()[0].attempt, 2);
  EXPECT_THAT(Effects<AskSuggestions>(), SizeIs(1));
}

TEST_F(ReconcileTest, StoppingAtOnceAfterStoppingGracefullyCancelsAgain) {
  StartTrials();
  Send(StopRequested{StopMode::kGraceful});
  EXPECT_FALSE(Effects<CancelJob>()[0].now);
  Send(StopRequested{StopMode::kGraceful});
  EXPECT_THAT(Effects<CancelJob>(), IsEmpty());
  Send(StopRequested{StopMode::kNow});
  ASSERT_THAT(Effects<CancelJob>(), SizeIs(2));
  EXPECT_TRUE(Effects<CancelJob>()[0].now);
}

TEST_F(ReconcileTest, LoweredLimitsHoldEvenForAnAnswerThatIsOnItsWay) {
  last_ = Resume(state_, kNow);
  Send(BudgetEdited{Budget{4, 1, std::nullopt}});
  Answer(2);
  EXPECT_THAT(Changes<TrialCreated>(), SizeIs(1));
  EXPECT_EQ(state_.record.generation, 2);
}

TEST_F(ReconcileTest, RaisedLimitsLetMoreTrialsBegin) {
  StartTrials();
  Send(BudgetEdited{Budget{4, 3, std::nullopt}});
  ASSERT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  EXPECT_EQ(Effects<AskSuggestions>()[0].count, 1);
}

TEST_F(ReconcileTest, ASubmissionRefusedForNowIsRepeatedLater) {
  StartTrials();
  const int submission = state_.active.at(0).submission;
  Send(JobRefused{0, 1, submission, absl::ResourceExhaustedError("disk full")});
  EXPECT_EQ(last_.wake_at, kNow + absl::Seconds(1));
  EXPECT_THAT(Effects<SubmitJob>(), IsEmpty());
  last_ = Reconcile(state_, TimePassed{}, kNow + absl::Seconds(1));
  ASSERT_THAT(Effects<SubmitJob>(), SizeIs(1));
  EXPECT_EQ(Effects<SubmitJob>()[0].submission, submission + 1);
}

TEST_F(ReconcileTest, ASubmissionRefusedForGoodFailsTheTrial) {
  StartTrials();
  Send(JobRefused{0, 1, 1, absl::InvalidArgumentError("resources.cpu: found 64")});
  EXPECT_EQ(LastTrialChange().condition, TrialCondition::kFailed);
  EXPECT_EQ(LastTrialChange().reason, "SpecMistake");
  EXPECT_THAT(LastTrialChange().message, HasSubstr("found 64"));
}

TEST_F(ReconcileTest, StaleAndRepeatedEventsChangeNothing) {
  StartTrials();
  const JobFinished finished = Finished(0, 0.5);
  Send(finished);
  for (const Event& event : std::vector<Event>{
           finished, JobStarted{0, 1, kNow}, JobStarted{1, 9, kNow}, JobStarted{99, 1, kNow},
           SuggestionsArrived{.ask_id = state_.ask_id - 1, .trials = {{.name = "old"}}}}) {
    Send(event);
    EXPECT_THAT(last_.changes, IsEmpty());
    EXPECT_THAT(last_.effects, IsEmpty());
  }
}

TEST_F(ReconcileTest, AJobThatMeetsNeitherConditionFailsInsteadOfRunningForever) {
  StartTrials();
  JobFinished event = Finished(0, 0.5);
  event.judgement.verdict = Verdict::kRunning;
  Send(event);
  EXPECT_EQ(LastTrialChange().reason, "ConditionNotMet");
}

TEST_F(ReconcileTest, OfEqualTrialsTheFirstListedIsBest) {
  StartTrials();
  Send(Finished(1, 0.5));
  EXPECT_EQ(state_.best->number, 1);
  Send(Finished(0, 0.5));
  EXPECT_EQ(state_.best->number, 0);
}

}  // namespace
}  // namespace qalam
