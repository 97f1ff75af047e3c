// The small parts of the driver: queue, worker, tracker, names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "controller/event_queue.h"
#include "controller/suggestion_worker.h"
#include "controller/trial_names.h"
#include "controller/trial_tracker.h"
#include "core/trial_labels.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

TEST(EventQueueTest, GivesActionsInTheOrderPosted) {
  EventQueue queue;
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) queue.Post([&order, i] { order.push_back(i); });
  std::vector<EventQueue::Action> actions;
  ASSERT_TRUE(queue.WaitForActions(absl::InfiniteDuration(), &actions));
  for (const auto& action : actions) action();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(EventQueueTest, WaitEndsWithoutActionsWhenTheTimeIsOver) {
  EventQueue queue;
  std::vector<EventQueue::Action> actions;
  EXPECT_TRUE(queue.WaitForActions(absl::Milliseconds(1), &actions));
  EXPECT_TRUE(actions.empty());
}

TEST(EventQueueTest, AnActionFromAnotherThreadEndsTheWait) {
  EventQueue queue;
  std::thread poster([&] { queue.Post([] {}); });
  std::vector<EventQueue::Action> actions;
  EXPECT_TRUE(queue.WaitForActions(absl::InfiniteDuration(), &actions));
  EXPECT_EQ(actions.size(), 1);
  poster.join();
}

TEST(EventQueueTest, ClosingEndsEveryWaitAndRefusesMore) {
  EventQueue queue;
  std::thread closer([&] { queue.Close(); });
  std::vector<EventQueue::Action> actions;
  EXPECT_FALSE(queue.WaitForActions(absl::InfiniteDuration(), &actions));
  closer.join();
  EXPECT_FALSE(queue.Post([] {}));
}

TEST(EventQueueTest, AnInterruptIsRememberedUntilItIsAskedFor) {
  EventQueue queue;
  queue.Interrupt();
  EXPECT_TRUE(queue.WaitForInterrupt(absl::InfiniteDuration()));
  EXPECT_FALSE(queue.WaitForInterrupt(absl::Milliseconds(1)));
}

// Answers with the number of trials it was told of.
class CountingSuggester final : public Suggester {
 public:
  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    return std::vector<Suggestion>(count, {Assignment{static_cast<double>(history.size())}, {}});
  }
};

std::shared_ptr<const SearchSpace> OneParameter() {
  Parameter x{.name = "x", .min = 0, .max = 1};
  return std::make_shared<SearchSpace>(*SearchSpace::Create({x}));
}

double AskOnce(SuggestionWorker& worker) {
  std::promise<double> seen;
  worker.Ask(1, {}, [&](const absl::StatusOr<SuggestionWorker::Answer>& answer) {
    seen.set_value(answer->suggestions[0].assignment[0]);
  });
  return seen.get_future().get();
}

TEST(SuggestionWorkerTest, AnswersKnowExactlyWhatWasRecordedBeforeTheQuestion) {
  SuggestionWorker worker(std::make_unique<CountingSuggester>(),
                          History(OneParameter(), Objective{}));
  EXPECT_EQ(AskOnce(worker), 0);
  worker.Record({.number = 0, .assignment = {0.5}});
  worker.Record({.number = 1, .assignment = {0.25}});
  EXPECT_EQ(AskOnce(worker), 2);
  worker.Record({.number = 1, .assignment = {0.25}, .condition = TrialCondition::kSucceeded});
  EXPECT_EQ(AskOnce(worker), 2);
}

TEST(SuggestionWorkerTest, ProposesNothingWhenNothingBetterIsToBeExpected) {
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  History history(OneParameter(), objective);
  for (int i = 0; i < 40; ++i) {
    const double x = 0.025 * (7 * i % 40);
    history.Put({.number = i,
                 .assignment = {x},
                 .condition = TrialCondition::kSucceeded,
                 .objective = x * x});
  }
  const auto answer = [&](double below) {
    SuggestionWorker worker(
        std::make_unique<CountingSuggester>(), history,
        std::make_unique<gp::Outlook>(OneParameter(), objective, /*seed=*/1, below));
    std::promise<SuggestionWorker::Answer> told;
    worker.Ask(2, {}, [&](const absl::StatusOr<SuggestionWorker::Answer>& answer) {
      told.set_value(*answer);
    });
    return told.get_future().get();
  };
  EXPECT_THAT(answer(0.1).suggestions, testing::IsEmpty());
  EXPECT_THAT(answer(0.1).no_improvement_left, testing::HasSubstr("better than the best by 0.1"));
  EXPECT_EQ(answer(1e-12).suggestions.size(), 2U);
  EXPECT_EQ(answer(1e-12).no_improvement_left, "");
}

TEST(SuggestionWorkerTest, TellsWhichTrialHasTheResultOfASuggestion) {
  SuggestionWorker worker(std::make_unique<CountingSuggester>(),
                          History(OneParameter(), Objective{}));
  worker.Record({.number = 3, .assignment = {1}});
  const auto same_as = [&worker] {
    std::promise<std::optional<int64_t>> seen;
    worker.Ask(1, {}, [&](const absl::StatusOr<SuggestionWorker::Answer>& answer) {
      seen.set_value(answer->same_as[0]);
    });
    return seen.get_future().get();
  };
  EXPECT_EQ(same_as(), std::nullopt);
  worker.Record(
      {.number = 3, .assignment = {1}, .condition = TrialCondition::kSucceeded, .objective = 2});
  EXPECT_EQ(same_as(), 3);
}

TEST(TrialNamesTest, NamesLookLikeKatibsAndNeverRepeat) {
  std::set<std::string> names;
  for (int64_t number = 0; number < 100000; ++number) {
    names.insert(TrialName("exp", "uid-1", number));
  }
  EXPECT_EQ(names.size(), 100000);
  EXPECT_THAT(*names.begin(), MatchesRegex("exp-[bcdfghjklmnpqrstvwxz2456789]{8}"));
}

TEST(TrialNamesTest, AreFunctionsOfUidAndNumber) {
  EXPECT_EQ(TrialName("exp", "uid-1", 5), TrialName("exp", "uid-1", 5));
  EXPECT_NE(TrialName("exp", "uid-1", 5), TrialName("exp", "uid-2", 5));
  EXPECT_NE(TrialUid("uid-1", 5), TrialUid("uid-1", 6));
  EXPECT_THAT(TrialUid("uid-1", 5), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-"
                                                 "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

class TrialTrackerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK_AND_ASSIGN(parsers_, MakeParserFactory({}, {"loss"})); }
  TrialTracker NewTracker(int64_t stored) {
    return TrialTracker(StoredTrial{.name = "x-1"}, parsers_->Create(),
                        {{"loss", MetricStrategy::kMin}}, stored);
  }
  static std::vector<CapturedLine> Lines(const std::vector<std::string>& texts) {
    std::vector<CapturedLine> lines;
    for (const std::string& text : texts) {
      lines.push_back({absl::FromUnixSeconds(static_cast<int64_t>(lines.size())), text});
    }
    return lines;
  }
  std::unique_ptr<ParserFactory> parsers_;
};

TEST_F(TrialTrackerTest, NumbersPointsOverTheWholeLifeOfTheTrial) {
  TrialTracker tracker = NewTracker(0);
  EXPECT_EQ(tracker.TakeLines(Lines({"loss=3", "loss=2"})).points.size(), 2);
  const auto more = tracker.TakeLines(Lines({"loss=1"}));
  EXPECT_EQ(more.first_ordinal, 2);
  EXPECT_EQ(tracker.Objective(), 1.0);
}

TEST_F(TrialTrackerTest, LinesToldAgainAfterAnAdoptionAreCountedButNotWrittenTwice) {
  TrialTracker tracker = NewTracker(2);
  EXPECT_TRUE(tracker.TakeLines(Lines({"loss=3"})).points.empty());
  const auto rest = tracker.TakeLines(Lines({"loss=2", "loss=1"}));
  EXPECT_EQ(rest.first_ordinal, 2);
  ASSERT_EQ(rest.points.size(), 1);
  EXPECT_EQ(rest.points[0].value, 1);
  EXPECT_EQ(tracker.Observation()[0].max, "3");
}

TEST_F(TrialTrackerTest, ANewAttemptStartsItsMetricsAnew) {
  TrialTracker tracker = NewTracker(0);
  tracker.TakeLines(Lines({"loss=0.1"}));
  tracker.Restart(2, parsers_->Create());
  EXPECT_EQ(tracker.Objective(), std::nullopt);
  EXPECT_EQ(tracker.TakeLines(Lines({"loss=3"})).first_ordinal, 0);
}

// The trial is to make three reports, of which another one made `before`.
class RungTrackerTest : public TrialTrackerTest {
 protected:
  TrialTracker NewTracker(int64_t stored, int before = 0) {
    StoredTrial trial{.name = "x-1", .labels = {{kReportsLabel, "3"}}};
    if (before > 0) trial.labels[kReportsBeforeLabel] = absl::StrCat(before);
    parsers_ = MakeParserFactory({}, {"loss", "size"}).value();
    return TrialTracker(trial, parsers_->Create(),
                        {{"loss", MetricStrategy::kMin}, {"size", MetricStrategy::kLatest}},
                        stored);
  }
};

TEST_F(RungTrackerTest, NothingCountsThatIsReportedBeyondTheRung) {
  TrialTracker tracker = NewTracker(0);
  tracker.TakeLines(Lines({"loss=5", "loss=4"}));
  EXPECT_EQ(tracker.AtRung(), std::nullopt);
  const auto taken =
      tracker.TakeLines(Lines({"size=1 loss=3", "size=2", "size=3 loss=2", "size=4", "loss=1"}));
  EXPECT_EQ(tracker.AtRung(), "3 reports of loss were wanted, and made");
  EXPECT_EQ(taken.points.size(), 3);
  EXPECT_EQ(tracker.Objective(), 3.0);
  EXPECT_EQ(tracker.Observation()[1].latest, "2");
  EXPECT_TRUE(tracker.TakeLines(Lines({"loss=0"})).points.empty());
}

TEST_F(RungTrackerTest, WhatAnotherTrialReportedIsNotReportedAgain) {
  TrialTracker tracker = NewTracker(0, 2);
  tracker.TakeLines(Lines({"loss=3", "loss=2"}));
  EXPECT_EQ(tracker.AtRung(),
            "3 reports of loss were wanted, and made, the first 2 by what it goes on from");
  EXPECT_EQ(tracker.Objective(), 3.0);
}

TEST_F(RungTrackerTest, LinesToldAgainAfterAnAdoptionAreCountedAgain) {
  TrialTracker tracker = NewTracker(2);
  EXPECT_TRUE(tracker.TakeLines(Lines({"loss=5", "loss=4"})).points.empty());
  EXPECT_EQ(tracker.TakeLines(Lines({"loss=3", "loss=2"})).points.size(), 1);
  EXPECT_EQ(tracker.Objective(), 3.0);
}

TEST_F(RungTrackerTest, ANewAttemptMakesAllOfThem) {
  TrialTracker tracker = NewTracker(0);
  tracker.TakeLines(Lines({"loss=5", "loss=4", "loss=3"}));
  tracker.Restart(2, parsers_->Create());
  EXPECT_EQ(tracker.AtRung(), std::nullopt);
}

TEST_F(RungTrackerTest, TextsThatAreNoNumbersAreNoReports) {
  TrialTracker tracker = NewTracker(0);
  tracker.TakeLines(Lines({"loss=nan", "loss=abc", "loss=1"}));
  EXPECT_EQ(tracker.AtRung(), std::nullopt);
  tracker.TakeLines(Lines({"loss=2"}));
  EXPECT_NE(tracker.AtRung(), std::nullopt);
}

}  // namespace
}  // namespace qalam
