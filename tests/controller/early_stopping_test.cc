// What becomes of a trial that a stopping rule gives up, and what the rule is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "controller/reconcile.h"
#include "controller/stop_judge.h"
#include "core/parameter.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1000);

// Two trials that run, of an experiment that minimises "loss".
class EarlyStopTest : public testing::Test {
 protected:
  EarlyStopTest() {
    state_.record.id = 7;
    state_.record.parallel_trial_count = 2;
    state_.record.max_trial_count = 4;
    state_.objective.metrics = {{"loss", MetricStrategy::kMin}};
    SetCondition(state_.record, "Created", "ExperimentCreated", "", kNow);
    Resume(state_, kNow);
    SuggestionsArrived reply{.ask_id = state_.ask_id};
    reply.trials = {{.name = "x-0"}, {.name = "x-1"}};
    Send(reply);
    Send(JobStarted{0, 1, kNow});
    Send(JobStarted{1, 1, kNow});
  }

  const Step& Send(const Event& event) { return last_ = Reconcile(state_, event, kNow); }
  void GiveUp(int64_t number) { Send(EarlyStopDecided{number, 1, "rule: too slow"}); }
  JobFinished Finished(int64_t number, JobEnd end, std::optional<double> objective) {
    JobFinished event{.number = number};
    event.outcome.end = end;
    event.judgement.verdict = end == JobEnd::kSucceeded ? Verdict::kSucceeded : Verdict::kFailed;
    event.objective = objective;
    const std::string text = objective ? FormatNumber(*objective) : "";
    if (objective) event.observation = {{"loss", text, text, text}};
    return event;
  }

  template <typename T>
  std::vector<T> Effects() const {
    std::vector<T> found;
    for (const Effect& effect : last_.effects) {
      if (const auto* e = std::get_if<T>(&effect)) found.push_back(*e);
    }
    return found;
  }
  TrialChanged LastChange() const {
    TrialChanged last;
    for (const Change& change : last_.changes) {
      if (const auto* c = std::get_if<TrialChanged>(&change)) last = *c;
    }
    return last;
  }

  ExperimentState state_;
  Step last_;
};

TEST_F(EarlyStopTest, TheDecisionIsWrittenWithTheCancelThatFollowsIt) {
  GiveUp(1);
  EXPECT_EQ(LastChange().number, 1);
  EXPECT_EQ(LastChange().condition, TrialCondition::kRunning);
  EXPECT_EQ(LastChange().reason, kStoppingEarlyReason);
  EXPECT_EQ(LastChange().message, "rule: too slow");
  ASSERT_THAT(Effects<CancelJob>(), SizeIs(1));
  EXPECT_EQ(Effects<CancelJob>()[0].number, 1);
  EXPECT_FALSE(Effects<CancelJob>()[0].now);
  // It holds its place until it is gone.
  EXPECT_THAT(Effects<AskSuggestions>(), IsEmpty());
}

TEST_F(EarlyStopTest, ItEndsAsEarlyStoppedWithWhatItReportedAndMayBeTheBest) {
  GiveUp(1);
  Send(Finished(1, JobEnd::kCancelled, 0.25));
  EXPECT_EQ(LastChange().condition, TrialCondition::kEarlyStopped);
  EXPECT_EQ(LastChange().reason, "TrialEarlyStopped");
  EXPECT_EQ(LastChange().message, "Trial is early stopped: rule: too slow");
  EXPECT_EQ(LastChange().objective, 0.25);
  EXPECT_THAT(LastChange().observation, SizeIs(1));
  EXPECT_EQ(state_.best->number, 1);
  EXPECT_EQ(state_.counts.early_stopped, 1);
  EXPECT_THAT(Effects<ReleaseJob>(), SizeIs(1));
  EXPECT_THAT(Effects<AskSuggestions>(), SizeIs(1));
  GiveUp(1);
  EXPECT_THAT(last_.changes, IsEmpty());
}

TEST_F(EarlyStopTest, HoweverItsJobEndsUnlessThatWasWellAndByItself) {
  for (const JobEnd end : {JobEnd::kExitCode, JobEnd::kSignal, JobEnd::kLost, JobEnd::kCancelled,
                           JobEnd::kTimeLimit, JobEnd::kOutOfMemory}) {
    ExperimentState state = state_;
    Reconcile(state, EarlyStopDecided{0, 1, "why"}, kNow);
    Reconcile(state, Finished(0, end, 1), kNow);
    EXPECT_EQ(state.counts.early_stopped, 1) << JobEndName(end);
  }
  GiveUp(0);
  Send(Finished(0, JobEnd::kSucceeded, 1));
  EXPECT_EQ(LastChange().condition, TrialCondition::kSucceeded);
}

TEST_F(EarlyStopTest, WhatIsNotFiniteIsNoResult) {
  GiveUp(1);
  Send(Finished(1, JobEnd::kCancelled, std::nan("")));
  EXPECT_EQ(LastChange().condition, TrialCondition::kEarlyStopped);
  EXPECT_EQ(LastChange().objective, std::nullopt);
  EXPECT_FALSE(state_.best.has_value());
}

TEST_F(EarlyStopTest, OfSeveralObjectivesAllMustBeThere) {
  state_.objective.further = {{.metric = "size"}};
  state_.objective.metrics.push_back({"size", MetricStrategy::kMin});
  GiveUp(1);
  Send(Finished(1, JobEnd::kCancelled, 0.5));
  EXPECT_EQ(LastChange().objective, std::nullopt);
  GiveUp(0);
  JobFinished both = Finished(0, JobEnd::kCancelled, 0.5);
  both.observation.push_back({"size", "3", "3", "3"});
  Send(both);
  EXPECT_EQ(LastChange().objective, 0.5);
  EXPECT_TRUE(LastChange().on_front);
}

class RungTest : public EarlyStopTest {
 protected:
  void ReachRung(int64_t number) { Send(EarlyStopDecided{number, 1, "3 reports", true}); }
};

TEST_F(RungTest, ATrialAtItsRungIsToldToStopAndHasSucceededHoweverItsJobEnds) {
  for (const JobEnd end : {JobEnd::kExitCode, JobEnd::kSignal, JobEnd::kLost, JobEnd::kCancelled,
                           JobEnd::kTimeLimit, JobEnd::kOutOfMemory}) {
    SCOPED_TRACE(JobEndName(end));
    ExperimentState state = state_;
    last_ = Reconcile(state, EarlyStopDecided{1, 1, "3 reports", true}, kNow);
    EXPECT_EQ(LastChange().reason, kRungReachedReason);
    ASSERT_THAT(Effects<CancelJob>(), SizeIs(1));
    EXPECT_FALSE(Effects<CancelJob>()[0].now);
    last_ = Reconcile(state, Finished(1, end, 0.25), kNow);
    EXPECT_EQ(LastChange().condition, TrialCondition::kSucceeded);
    EXPECT_EQ(LastChange().reason, kRungReachedReason);
    EXPECT_EQ(LastChange().message, "Trial was stopped at its rung: 3 reports");
    EXPECT_EQ(LastChange().objective, 0.25);
    EXPECT_EQ(state.best->number, 1);
    EXPECT_EQ(state.counts.early_stopped, 0);
  }
}

TEST_F(RungTest, WhatEndedWellByItselfIsJudgedAsEver) {
  ReachRung(1);
  Send(Finished(1, JobEnd::kSucceeded, 0.25));
  EXPECT_EQ(LastChange().condition, TrialCondition::kSucceeded);
  EXPECT_EQ(LastChange().reason, "TrialSucceeded");
}

TEST_F(RungTest, AResultThatIsNoNumberIsNone) {
  ReachRung(1);
  Send(Finished(1, JobEnd::kCancelled, std::nan("")));
  EXPECT_EQ(LastChange().condition, TrialCondition::kMetricsUnavailable);
  EXPECT_FALSE(state_.best.has_value());
}

TEST_F(RungTest, ItsUserMayStopTheExperimentMeanwhile) {
  ReachRung(1);
  Send(StopRequested{});
  Send(Finished(1, JobEnd::kCancelled, 0.25));
  EXPECT_EQ(LastChange().number, 1);
  EXPECT_EQ(LastChange().condition, TrialCondition::kSucceeded);
}

TEST_F(RungTest, WhoeverTakesOverTellsItAgain) {
  ReachRung(1);
  const StoredTrial stored{.reason = LastChange().reason, .message = LastChange().message};
  EXPECT_TRUE(IsAtRung(stored));
  EXPECT_EQ(EarlyStopOf(stored), "3 reports");
  last_ = Resume(state_, kNow);
  EXPECT_THAT(Effects<CancelJob>(), SizeIs(1));
}

TEST_F(EarlyStopTest, WhoeverTakesOverTellsTheJobAgain) {
  GiveUp(1);
  last_ = Resume(state_, kNow);
  ASSERT_THAT(Effects<SubmitJob>(), SizeIs(2));
  ASSERT_THAT(Effects<CancelJob>(), SizeIs(1));
  EXPECT_EQ(Effects<CancelJob>()[0].number, 1);
  // After it is adopted: the runner cancels only what it knows.
  const size_t submitted = last_.effects.size() - 1;
  EXPECT_TRUE(std::holds_alternative<CancelJob>(last_.effects[submitted]));
  // One that is refused for now is told when it is submitted again.
  Send(JobRefused{1, 1, state_.active.at(1).submission, absl::UnavailableError("full")});
  last_ = Reconcile(state_, TimePassed{}, kNow + absl::Seconds(5));
  EXPECT_THAT(Effects<SubmitJob>(), SizeIs(1));
  EXPECT_THAT(Effects<CancelJob>(), SizeIs(1));
  Send(JobRefused{1, 1, state_.active.at(1).submission, absl::InvalidArgumentError("no")});
  EXPECT_EQ(LastChange().condition, TrialCondition::kEarlyStopped);
}

TEST_F(EarlyStopTest, StoppingTheExperimentAtOnceKillsWhatStillHasItsGraceTime) {
  GiveUp(1);
  Send(StopRequested{StopMode::kNow});
  ASSERT_THAT(Effects<CancelJob>(), SizeIs(2));
  EXPECT_TRUE(Effects<CancelJob>()[1].now);
  Send(Finished(1, JobEnd::kCancelled, 1));
  EXPECT_EQ(LastChange().condition, TrialCondition::kEarlyStopped);
  Send(Finished(0, JobEnd::kCancelled, 1));
  EXPECT_EQ(LastChange().condition, TrialCondition::kCreated);  // will run again
}

TEST_F(EarlyStopTest, DecisionsAboutOtherAttemptsAndTrialsThatAreOverChangeNothing) {
  Send(EarlyStopDecided{1, 2, "why"});
  EXPECT_THAT(last_.changes, IsEmpty());
  Send(EarlyStopDecided{5, 1, "why"});
  EXPECT_THAT(last_.changes, IsEmpty());
  Send(Finished(1, JobEnd::kSucceeded, 1));
  GiveUp(1);
  EXPECT_THAT(last_.changes, IsEmpty());
  EXPECT_THAT(Effects<CancelJob>(), IsEmpty());
}

MetricPoint Point(const std::string& metric, const std::string& text) {
  const std::optional<double> value = ParseNumber(text);
  return {.metric = metric, .text = text, .value = value.value_or(std::nan(""))};
}

TEST(StopJudgeTest, CountsReportsOfTheObjectiveThatAreNumbers) {
  Objective objective;
  objective.metrics = {{"loss", MetricStrategy::kMin}, {"size", MetricStrategy::kMin}};
  ASSERT_OK_AND_ASSIGN(
      const auto judge,
      StopJudge::Create({"threshold", {{"upper", "1"}, {"start_step", "3"}}}, objective));
  judge->Start(0);
  EXPECT_EQ(judge->Judge(0, {Point("loss", "5"), Point("size", "9"), Point("loss", "a text")}),
            std::nullopt);
  EXPECT_EQ(judge->Judge(0, {Point("loss", "nan")}), std::nullopt);
  EXPECT_EQ(judge->Judge(0, {Point("loss", "7"), Point("loss", "8")}),
            "threshold: loss is 7, above the upper bound 1");
}

TEST(StopJudgeTest, WhatWasReportedBeforeCountsAndIsNotJudged) {
  Objective objective;
  objective.metrics = {{"loss", MetricStrategy::kMin}};
  ASSERT_OK_AND_ASSIGN(const auto judge,
                       StopJudge::Create({"medianstop", {{"start_step", "2"}}}, objective));
  for (int64_t number = 0; number < 3; ++number) {
    judge->Start(number);
    EXPECT_TRUE(judge->Add(number, Point("loss", "1")));
    EXPECT_TRUE(judge->Add(number, Point("loss", "1")));
    judge->End(number, TrialCondition::kSucceeded);
  }
  judge->Start(3);
  EXPECT_EQ(judge->Judge(3, {Point("loss", "2")}), std::nullopt);
  EXPECT_THAT(judge->Judge(3, {Point("loss", "2")}).value_or(""),
              HasSubstr("medianstop: loss 2 after 2 reports is worse than 1"));
  judge->Start(3);  // its next attempt
  EXPECT_EQ(judge->Judge(3, {Point("loss", "2")}), std::nullopt);
}

TEST(StopJudgeTest, RulesThatDoNotExistAreRefused) {
  EXPECT_THAT(StopJudge::Create({"medianstp", {}}, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("medianstp")));
}

}  // namespace
}  // namespace qalam
