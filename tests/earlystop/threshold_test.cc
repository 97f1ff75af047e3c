#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Comparison = EarlyStoppingRule::Comparison;

TEST(ThresholdTest, StopsWhatLeavesTheBounds) {
  for (const Direction direction : {Direction::kMinimize, Direction::kMaximize}) {
    SampleCurves curves("threshold", {{"lower", "0"}, {"upper", "10"}},
                        SampleObjective(direction, MetricStrategy::kLatest));
    EXPECT_FALSE(curves.Stops(0, {0, 10, 5}));
    EXPECT_EQ(curves.Report(1, {10.5}).why, "loss is 10.5, above the upper bound 10");
    EXPECT_EQ(curves.Report(2, {-0.5}).why, "loss is -0.5, below the lower bound 0");
    EXPECT_EQ(curves.Report(3, {std::nan("")}).why, "loss is nan");
    EXPECT_FALSE(curves.Stops(3, {5}));
  }
}

TEST(ThresholdTest, WithoutBoundsOnlyNanStops) {
  SampleCurves curves("threshold", {});
  EXPECT_FALSE(curves.Stops(0, {1e300}));
  EXPECT_FALSE(curves.Stops(0, {-INFINITY}));
  EXPECT_TRUE(curves.Stops(0, {std::nan("")}));
}

TEST(ThresholdTest, JudgesFromStartStepOn) {
  SampleCurves curves("threshold", {{"upper", "1"}, {"start_step", "3"}});
  EXPECT_FALSE(curves.Stops(0, {5, 5}));
  EXPECT_TRUE(curves.Stops(0, {5}));
}

TEST(ThresholdTest, BoundsThatNoTrialCanKeepToAreRefused) {
  EXPECT_EQ(SampleCurves("threshold", {{"lower", "2"}, {"upper", "1"}}).problem(),
            "setting lower is 2, above upper, 1; every trial would be stopped");
}

TEST(ThresholdTest, OneBoundHasAStaticForm) {
  SampleCurves upper("threshold", {{"upper", "2.5"}});
  EXPECT_THAT(
      upper.Rules(),
      testing::ElementsAre(EarlyStoppingRule{
          .metric = "loss", .value = "2.5", .comparison = Comparison::kGreater, .start_step = 0}));
  EXPECT_THAT(SampleCurves("threshold", {{"lower", "1"}}).Rules(), SizeIs(1));
  EXPECT_THAT(SampleCurves("threshold", {{"lower", "1"}, {"upper", "2"}}).Rules(), IsEmpty());
}

}  // namespace
}  // namespace qalam
