// medianstop and percentile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random_stream.h"
#include "earlystop/step_order.h"
#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");
using Comparison = EarlyStoppingRule::Comparison;

TEST(QuantileTest, LinearBetweenTwo) {
  EXPECT_EQ(Quantile({1, 2, 4}, 0.5), 2);
  EXPECT_EQ(Quantile({1, 2, 4, 8}, 0.5), 3);
  EXPECT_EQ(Quantile({1, 2, 4, 8, 16}, 0.25), 2);
  EXPECT_EQ(Quantile({1, 3}, 0.25), 1.5);
  EXPECT_EQ(Quantile({5}, 0.25), 5);
  EXPECT_EQ(Quantile({1, kInfinity}, 0.5), kInfinity);
  EXPECT_EQ(Quantile({-kInfinity, 1}, 0.5), -kInfinity);
  EXPECT_EQ(Quantile({kInfinity, kInfinity}, 0.5), kInfinity);
  EXPECT_EQ(QuantileWithout({1, 2, 4, 8}, 2, 0.5), 4);
  EXPECT_EQ(QuantileWithout({2, 2}, 2, 0.5), 2);
}

TEST(MedianStopTest, StopsWhatIsWorseThanTheMedianOfTheOthers) {
  SampleCurves curves("medianstop", {{"start_step", "2"}});
  curves.Succeed(0, {9, 1});
  curves.Report(1, {9, 2});
  curves.Report(2, {9, 4});  // these two still run
  EXPECT_FALSE(curves.Stops(3, {9, 2}));
  const StopDecision decision = curves.Report(4, {9, 5});
  EXPECT_TRUE(decision.stop);
  EXPECT_EQ(decision.why,
            "loss 5 after 2 reports is worse than 2, the median of 4 other trials there");
}

TEST(MedianStopTest, OneDivergedTrialDoesNotDisableIt) {
  SampleCurves curves("medianstop", {{"start_step", "1"}});
  curves.Report(0, {1});
  curves.Report(1, {2});
  curves.Report(2, {1e9});
  EXPECT_TRUE(curves.Stops(3, {3}));             // Katib's mean would be 3.3e8
  EXPECT_TRUE(curves.Stops(2, {1e9}) == false);  // nobody else is as far
}

TEST(MedianStopTest, JudgesFromStartStepOnAndOnlyWithEnoughOthersThere) {
  SampleCurves curves("medianstop", {{"start_step", "2"}, {"min_trials_required", "2"}});
  curves.Report(0, {1, 1, 1});
  EXPECT_FALSE(curves.Stops(2, {9}));  // step 1
  EXPECT_FALSE(curves.Stops(2, {9}));  // one other at step 2
  curves.Report(1, {1, 1});
  EXPECT_FALSE(curves.Stops(2, {9}));  // one other at step 3
  curves.Report(1, {1});
  EXPECT_TRUE(curves.Stops(3, {9, 9}));
  EXPECT_FALSE(curves.Stops(2, {9}));  // nobody at step 4
}

TEST(MedianStopTest, ComparesTheBestSoFarOrTheLatestAsTheStrategySays) {
  for (const MetricStrategy strategy : {MetricStrategy::kMin, MetricStrategy::kLatest}) {
    SampleCurves curves("medianstop", {{"start_step", "2"}, {"min_trials_required", "1"}},
                        SampleObjective(Direction::kMinimize, strategy));
    curves.Report(0, {2, 2});
    EXPECT_EQ(curves.Stops(1, {1, 3}), strategy == MetricStrategy::kLatest);
  }
}

TEST(MedianStopTest, TiesGoOn) {
  SampleCurves curves("medianstop", {{"start_step", "1"}});
  for (int64_t number = 0; number < 20; ++number) EXPECT_FALSE(curves.Stops(number, {1}));
}

TEST(MedianStopTest, NanIsTheWorst) {
  SampleCurves curves("medianstop", {{"start_step", "1"}});
  for (int64_t number = 0; number < 3; ++number) curves.Report(number, {1});
  EXPECT_THAT(curves.Report(3, {kNan}).why, HasSubstr("loss nan after 1 report is worse than 1"));
  SampleCurves all("medianstop", {{"start_step", "1"}});
  for (int64_t number = 0; number < 9; ++number) EXPECT_FALSE(all.Stops(number, {kNan}));
}

TEST(MedianStopTest, ALostAttemptIsForgotten) {
  SampleCurves curves("medianstop", {{"start_step", "1"}, {"min_trials_required", "1"}});
  curves.Report(0, {1});
  EXPECT_TRUE(curves.Stops(1, {5}));
  curves.history().Start(0);
  EXPECT_FALSE(curves.Stops(2, {5}));
  curves.Report(0, {1});
  EXPECT_TRUE(curves.Stops(3, {6}));
}

// The definition, computed from all curves anew at each report.
TEST(RankRulesTest, AgreesWithTheDefinition) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed, 0, "rank-rules-test");
    const bool maximize = random.Below(2) == 1;
    const double percentile = seed % 2 == 0 ? 50 : 10 + static_cast<double>(random.Below(80));
    const int64_t start = 1 + static_cast<int64_t>(random.Below(3));
    const int64_t min_trials = 1 + static_cast<int64_t>(random.Below(4));
    SampleCurves curves("percentile",
                        {{"percentile", std::to_string(percentile)},
                         {"start_step", std::to_string(start)},
                         {"min_trials_required", std::to_string(min_trials)}},
                        SampleObjective(maximize ? Direction::kMaximize : Direction::kMinimize,
                                        maximize ? MetricStrategy::kMax : MetricStrategy::kMin));
    ASSERT_EQ(curves.problem(), "");
    for (int report = 0; report < 120; ++report) {
      const auto number = static_cast<int64_t>(random.Below(12));
      const double value = static_cast<double>(random.Below(9));
      const bool stops = curves.Stops(number, {value});
      const Curve& mine = *curves.history().Find(number);
      std::vector<double> others;
      for (int i = 0; i < curves.history().size(); ++i) {
        const Curve& other = curves.history().curve(i);
        if (&other == &mine || other.steps() < mine.steps()) continue;
        others.push_back(
            *std::min_element(other.losses.begin(), other.losses.begin() + mine.steps()));
      }
      std::sort(others.begin(), others.end());
      const bool expected = mine.steps() >= start &&
                            static_cast<int64_t>(others.size()) >= min_trials &&
                            *std::min_element(mine.losses.begin(), mine.losses.end()) >
                                Quantile(others, percentile / 100);
      ASSERT_EQ(stops, expected) << "report " << report;
    }
  }
}

TEST(MedianStopTest, CompatibilityMeanIsKatibsArithmetic) {
  SampleCurves curves(
      "medianstop", {{"compatibility", "mean"}, {"start_step", "2"}, {"min_trials_required", "2"}});
  curves.Succeed(0, {1, 3, 100});  // mean of the first two: 2
  EXPECT_FALSE(curves.Stops(9, {50, 50}));
  EXPECT_THAT(curves.Rules(), IsEmpty());
  curves.Succeed(1, {6});  // fewer reports than start_step: their mean
  curves.Report(2, {0, 0});
  curves.history().End(2, TrialCondition::kFailed);  // does not count
  curves.Succeed(3, {kNan, 1});                      // nor does what diverged
  EXPECT_FALSE(curves.Stops(4, {9, 4}));             // (2 + 6) / 2
  const StopDecision decision = curves.Report(5, {9, 4.5});
  EXPECT_TRUE(decision.stop);
  EXPECT_EQ(decision.why,
            "loss 4.5 after 2 reports is worse than 4, the mean of the first 2 reports of 2 other "
            "trials");
  EXPECT_THAT(
      curves.Rules(),
      testing::ElementsAre(EarlyStoppingRule{
          .metric = "loss", .value = "4", .comparison = Comparison::kGreater, .start_step = 2}));
}

TEST(MedianStopTest, TheStaticFormIsTheMedianAtStartStep) {
  SampleCurves curves("medianstop", {{"start_step", "2"}},
                      SampleObjective(Direction::kMaximize, MetricStrategy::kMax));
  curves.Succeed(0, {0.1, 0.7});
  curves.Succeed(1, {0.1, 0.8});
  EXPECT_THAT(curves.Rules(), IsEmpty());
  curves.Succeed(2, {0.9, 0.2});
  EXPECT_THAT(
      curves.Rules(),
      testing::ElementsAre(EarlyStoppingRule{
          .metric = "loss", .value = "0.8", .comparison = Comparison::kLess, .start_step = 2}));
}

}  // namespace
}  // namespace qalam
