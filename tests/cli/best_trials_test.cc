#include "cli/best_trials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text_format.h"

namespace qalam {
namespace {

Objective TwoWithBound() {
  return {.direction = Direction::kMaximize,
          .goal = 0.9,
          .metrics = {{"accuracy", MetricStrategy::kMax},
                      {"ms", MetricStrategy::kMin},
                      {"mb", MetricStrategy::kLatest}},
          .further = {{"ms", Direction::kMinimize}},
          .constraints = {{"mb", /*at_most=*/true, 512}}};
}

StoredTrial Trial(const std::string& name, const std::string& accuracy, const std::string& ms) {
  StoredTrial trial;
  trial.name = name;
  trial.assignment = {{"lr", "0.0123456789"}};
  trial.observation = {{"accuracy", "0", accuracy, "0"}, {"ms", ms, "999", "999"}};
  trial.objective = 0.5;
  return trial;
}

TEST(BestTrialsTest, TheFrontIsATableOfWhatIsOptimised) {
  EXPECT_EQ(FrontTable({Trial("a", "0.91", "12"), Trial("b", "0.9", "7.5")}, TwoWithBound(), 9, 2),
            "  TRIAL   accuracy   ms    PARAMETERS\n"
            "  a       0.91       12    lr=0.0123457\n"
            "  b       0.9        7.5   lr=0.0123457\n");
}

TEST(BestTrialsTest, ALongFrontIsCutAndCounted) {
  const std::vector<StoredTrial> front(5, Trial("a", "1", "2"));
  EXPECT_THAT(FrontTable(front, TwoWithBound(), 2, 2), testing::EndsWith("\n  and 3 more\n"));
}

TEST(BestTrialsTest, WithoutABestTrialTheNearestIsNamedWithItsViolation) {
  EXPECT_EQ(WhyNoBest(std::nullopt, Objective()), "none yet");
  EXPECT_EQ(WhyNoBest(std::nullopt, TwoWithBound()), "none yet: no trial keeps to the constraints");
  StoredTrial nearest = Trial("digits-a", "1", "2");
  nearest.observation.push_back({"mb", "1", "9999", "700"});
  EXPECT_EQ(WhyNoBest(nearest, TwoWithBound()),
            "no trial keeps to the constraints yet; nearest: digits-a (mb is 700, beyond mb <= "
            "512)");
}

TEST(BestTrialsTest, ObjectivesAreDescribedWithTheirGoalsAndBounds) {
  EXPECT_EQ(DescribeObjective(TwoWithBound(), {20}),
            "maximize accuracy, goal 0.9; minimize ms, goal 20; mb <= 512");
  EXPECT_EQ(DescribeObjective(TwoWithBound(), {std::nullopt}),
            "maximize accuracy, goal 0.9; minimize ms; mb <= 512");
  const StoredTrial trial = Trial("a", "0.91234567", "12");
  EXPECT_EQ(ObjectiveValues(trial, TwoWithBound()), "0.912346, 12");
  EXPECT_EQ(NamedObjectives(trial, TwoWithBound(), /*brief=*/false), "accuracy=0.91234567 ms=12");
  StoredTrial running = trial;
  running.objective = std::nullopt;
  EXPECT_EQ(ObjectiveValues(running, TwoWithBound()), "");
}

}  // namespace
}  // namespace qalam
