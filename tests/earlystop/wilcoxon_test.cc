#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

const std::vector<double> kBest = {1, 2, 3, 4, 5, 6};

TEST(WilcoxonTest, StopsWhatIsWorseOnNearlyAllInstances) {
  SampleCurves curves("wilcoxon", {});
  curves.Succeed(0, {9, 9, 9, 9, 9, 9});
  curves.Succeed(1, kBest);
  EXPECT_FALSE(curves.Stops(2, {1.1, 2.2, 3.3}));  // p = 1/8
  const StopDecision decision = curves.Report(2, {4.4});
  EXPECT_TRUE(decision.stop);
  EXPECT_EQ(decision.why,
            "worse than trial 1 on 4 instances (Wilcoxon's signed-rank test, p = 0.0625)");
}

TEST(WilcoxonTest, WhatIsBetterInTheMeanGoesOn) {
  SampleCurves curves("wilcoxon", {});
  curves.Succeed(0, kBest);
  // Worse on five of six, and by far better on one.
  EXPECT_FALSE(curves.Stops(1, {-90, 2.1, 3.1, 4.1, 5.1, 6.1}));
}

TEST(WilcoxonTest, MeansAreTakenApart) {
  // The same instances as means over those so far.
  SampleCurves curves("wilcoxon", {{"reports", "means"}},
                      SampleObjective(Direction::kMinimize, MetricStrategy::kLatest));
  curves.Succeed(0, {1, 1.5, 2, 2.5, 3, 3.5});
  EXPECT_FALSE(curves.Stops(1, {1.1, 1.65, 2.2}));
  EXPECT_TRUE(curves.Stops(1, {2.75}));
}

TEST(WilcoxonTest, MaximisingIsTheMirrorImage) {
  SampleCurves curves("wilcoxon", {}, SampleObjective(Direction::kMaximize, MetricStrategy::kMax));
  curves.Succeed(0, {0.9, 0.8, 0.7, 0.9});
  EXPECT_TRUE(curves.Stops(1, {0.8, 0.7, 0.6, 0.75}));
  EXPECT_FALSE(curves.Stops(2, {0.95, 0.85, 0.75, 0.95}));
}

TEST(WilcoxonTest, FailedInstancesAreTheWorst) {
  SampleCurves curves("wilcoxon", {});
  curves.Succeed(0, {1, 1, 1, std::nan("")});  // no mean: never the best
  EXPECT_FALSE(curves.Stops(1, {9, 9, 9, 9}));
  curves.Succeed(2, kBest);
  const double nan = std::nan("");
  EXPECT_TRUE(curves.Stops(3, {nan, nan, nan, nan}));
}

TEST(WilcoxonTest, WithoutASucceededTrialNobodyIsStopped) {
  SampleCurves curves("wilcoxon", {});
  curves.Report(0, kBest);
  EXPECT_FALSE(curves.Stops(1, {9, 9, 9, 9, 9, 9}));
}

}  // namespace
}  // namespace qalam
