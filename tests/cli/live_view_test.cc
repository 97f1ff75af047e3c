#include "cli/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/terminal_painter.h"

namespace qalam {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

ActiveTrialView Running(int number, absl::Duration since, const std::string& accuracy) {
  ActiveTrialView trial;
  trial.number = number;
  trial.name = absl::StrCat("digits-trial", number);
  trial.assignment = {{"lr", "0.0512345678"}, {"layers", absl::StrCat(number)}};
  trial.condition = TrialCondition::kRunning;
  trial.started = kNow - since;
  if (!accuracy.empty()) trial.observation = {{"accuracy", accuracy, accuracy, accuracy}};
  return trial;
}

// Twelve of thirty trials are done, three run.
LiveExperiment Digits() {
  LiveExperiment e;
  e.view.record.name = "digits";
  e.view.record.max_trial_count = 30;
  e.view.record.parallel_trial_count = 3;
  e.view.record.condition = "Running";
  e.view.counts = {.running = 3, .succeeded = 11, .failed = 1};
  e.view.active = {Running(12, absl::Seconds(12), "0.93"), Running(13, absl::Seconds(3), ""),
                   Running(14, absl::Seconds(1), "")};
  e.view.active[2].condition = TrialCondition::kCreated;
  e.view.active[2].started = std::nullopt;
  StoredTrial best;
  best.name = "digits-best";
  best.assignment = {{"lr", "0.03"}, {"layers", "2"}};
  best.observation = {{"accuracy", "0.5", "0.97", "0.96"}};
  best.objective = 0.97;
  e.view.best = best;
  e.objective = {.direction = Direction::kMaximize,
                 .goal = 0.99,
                 .metrics = {{"accuracy", MetricStrategy::kMax}}};
  e.algorithm = "tpe";
  e.begun = kNow - absl::Seconds(80);
  e.ended_trials = 12;
  e.ended_time = absl::Seconds(240);
  return e;
}

std::string Picture(const std::vector<LiveExperiment>& experiments, const ViewStyle& style) {
  return absl::StrCat(absl::StrJoin(RenderLive(experiments, "Ctrl-C stops", kNow, style), "\n"),
                      "\n");
}

TEST(LiveViewTest, ShowsProgressRunningTrialsAndTheBest) {
  EXPECT_EQ(Picture({Digits()}, {.width = 80, .height = 24}),
            "digits  maximize accuracy, goal 0.99  tpe\n"
            "##########................  12/30 trials  1m20s, about 1m55s left\n"
            "11 succeeded   1 failed   3 running\n"
            "  TRIAL           TIME    accuracy  PARAMETERS\n"
            "  digits-trial12  12s     0.93      lr=0.0512346 layers=12\n"
            "  digits-trial13  3.0s    -         lr=0.0512346 layers=13\n"
            "  digits-trial14  wait    -         lr=0.0512346 layers=14\n"
            "Best   accuracy=0.97  digits-best  lr=0.03 layers=2\n"
            "Ctrl-C stops\n");
}

TEST(LiveViewTest, CutsLinesToANarrowTerminal) {
  EXPECT_EQ(Picture({Digits()}, {.width = 30, .height = 24, .utf8 = true}),
            "digits  maximize accuracy, go…\n"
            "████░░░░░░  12/30 trials  1m2…\n"
            "11 succeeded   1 failed   3 r…\n"
            "  TRIAL           TIME    acc…\n"
            "  digits-trial12  12s     0.9…\n"
            "  digits-trial13  3.0s    -  …\n"
            "  digits-trial14  wait    -  …\n"
            "Best   accuracy=0.97  digits-…\n"
            "Ctrl-C stops\n");
}

TEST(LiveViewTest, LeavesRunningTrialsOutWhereThereIsNoRoom) {
  EXPECT_EQ(Picture({Digits()}, {.width = 60, .height = 9}),
            "digits  maximize accuracy, goal 0.99  tpe\n"
            "########............  12/30 trials  1m20s, about 1m55s left\n"
            "11 succeeded   1 failed   3 running\n"
            "  TRIAL           TIME    accuracy  PARAMETERS\n"
            "  digits-trial12  12s     0.93      lr=0.0512346 layers=12\n"
            "  and 2 more running\n"
            "Best   accuracy=0.97  digits-best  lr=0.03 layers=2\n"
            "Ctrl-C stops\n");
}

TEST(LiveViewTest, NeverExceedsTheTerminal) {
  for (int experiments = 1; experiments <= 4; ++experiments) {
    for (int width = 1; width <= 120; width += 7) {
      for (int height = 1; height <= 40; ++height) {
        SCOPED_TRACE(absl::StrCat(experiments, " at ", width, "x", height));
        const std::vector<LiveExperiment> shown(experiments, Digits());
        const std::vector<std::string> lines =
            RenderLive(shown, "footer", kNow, {width, height, /*color=*/true, /*utf8=*/true});
        EXPECT_LE(lines.size(), static_cast<size_t>(std::max(1, height - 1)));
        for (const std::string& line : lines) EXPECT_LE(VisibleWidth(line), width) << line;
      }
    }
  }
}

TEST(LiveViewTest, UsesEscapeSequencesOnlyWithColor) {
  EXPECT_THAT(Picture({Digits()}, {.color = false}), Not(HasSubstr("\x1b")));
  const std::string colored = Picture({Digits()}, {.color = true});
  EXPECT_THAT(colored, HasSubstr("\x1b[32m11 succeeded\x1b[0m"));
  EXPECT_THAT(colored, HasSubstr("\x1b[31m1 failed\x1b[0m"));
}

TEST(LiveViewTest, SaysWhenThereIsNothingYet) {
  LiveExperiment e = Digits();
  e.view = {.record = e.view.record};
  e.ended_trials = 0;
  const std::vector<std::string> lines = RenderLive({e}, "", kNow, {});
  EXPECT_THAT(lines, ElementsAre(HasSubstr("digits"), HasSubstr("0/30 trials  1m20s"),
                                 "no trials yet", "Best   none yet"));
}

TEST(LiveViewTest, ShowsTheSizeOfAFront) {
  LiveExperiment e = Digits();
  e.objective.metrics.push_back({"ms", MetricStrategy::kMin});
  e.objective.further = {{"ms", Direction::kMinimize}};
  e.view.best->observation.push_back({"ms", "7.123456789", "9", "9"});
  e.view.front.resize(3);
  const std::vector<std::string> lines = RenderLive({e}, "", kNow, {.width = 200});
  EXPECT_THAT(lines[0], HasSubstr("maximize accuracy, goal 0.99; minimize ms"));
  EXPECT_EQ(
      lines.back(),
      "Front  3 trials  best accuracy:  accuracy=0.97 ms=7.12346  digits-best  lr=0.03 layers=2");
}

TEST(LiveViewTest, NamesTheNearestTrialWhileNoneKeepsToTheConstraints) {
  LiveExperiment e = Digits();
  e.objective.constraints = {{"accuracy", /*at_most=*/false, 0.98}};
  e.view.nearest = e.view.best;
  e.view.best = std::nullopt;
  EXPECT_EQ(RenderLive({e}, "", kNow, {.width = 200}).back(),
            "Best   no trial keeps to the constraints yet; nearest: digits-best (accuracy is 0.97, "
            "beyond accuracy >= 0.98)");
}

TEST(LiveViewTest, ShowsWhyItIsPaused) {
  LiveExperiment e = Digits();
  e.view.paused = "the disk is full";
  EXPECT_THAT(RenderLive({e}, "", kNow, {}), Contains("Paused: the disk is full"));
}

TEST(LiveViewTest, AnUnlimitedExperimentHasNoBarAndNoEstimate) {
  LiveExperiment e = Digits();
  e.view.record.max_trial_count = std::nullopt;
  EXPECT_THAT(RenderLive({e}, "", kNow, {}), Contains("12 trials  1m20s"));
  EXPECT_EQ(EstimateTimeLeft(e, kNow), absl::InfiniteDuration());
}

TEST(LiveViewTest, WhatTrialsReportCannotLeaveItsLine) {
  LiveExperiment e = Digits();
  e.view.active[0].observation[0].latest = "\x1b[2J\nboo";
  for (const std::string& line : RenderLive({e}, "", kNow, {})) {
    EXPECT_THAT(line, Not(AnyOf(HasSubstr("\x1b"), HasSubstr("\n"))));
  }
}

TEST(EstimateTimeLeftTest, GoesDownAsTrialsGoOn) {
  const LiveExperiment e = Digits();  // 15 to begin at 20 s each, three running, three at a time
  EXPECT_EQ(EstimateTimeLeft(e, kNow), absl::Seconds((15 * 20 + 8 + 17 + 20) / 3.0));
  EXPECT_LT(EstimateTimeLeft(e, kNow + absl::Seconds(5)), EstimateTimeLeft(e, kNow));
}

TEST(EstimateTimeLeftTest, TheLastTrialBoundsIt) {
  LiveExperiment e = Digits();
  e.view.record.max_trial_count = 13;
  e.view.counts.running = 1;
  e.view.active.resize(1);
  EXPECT_EQ(EstimateTimeLeft(e, kNow), absl::Seconds(8));
  EXPECT_EQ(EstimateTimeLeft(e, kNow + absl::Minutes(1)), absl::ZeroDuration());
}

}  // namespace
}  // namespace qalam
