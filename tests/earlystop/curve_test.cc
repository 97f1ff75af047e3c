// curve, and the forecast it is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/random_stream.h"
#include "earlystop/forecast.h"
#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// level + drop * step^-speed with noise.
std::vector<double> PowerCurve(double level, double drop, double speed, int steps, double noise = 0,
                               uint64_t seed = 0) {
  RandomStream random(seed, 0, "curve-test");
  std::vector<double> losses;
  for (int step = 1; step <= steps; ++step) {
    losses.push_back(level + drop * std::pow(step, -speed) + noise * random.Normal());
  }
  return losses;
}

TEST(ForecastTest, FindsTheEndOfACurveOfAKnownShape) {
  const std::vector<double> losses = PowerCurve(0.2, 1, 1, 10);
  const std::optional<Forecast> forecast = ForecastCurve(losses, 100, false);
  ASSERT_TRUE(forecast.has_value());
  EXPECT_NEAR(forecast->Location(), 0.21, 0.01);
  EXPECT_LT(forecast->ChanceBelow(0.15), 0.05);
  EXPECT_GT(forecast->ChanceBelow(0.27), 0.95);
}

TEST(ForecastTest, IsUnsureOfWhatItHasSeenLittleOf) {
  const double early =
      ForecastCurve(PowerCurve(0.2, 1, 0.5, 5, 0.01), 100, false)->ChanceBelow(0.2);
  const double late =
      ForecastCurve(PowerCurve(0.2, 1, 0.5, 80, 0.01), 100, false)->ChanceBelow(0.2);
  EXPECT_GT(early, 0.1);
  EXPECT_LT(late, 0.05);
}

TEST(ForecastTest, NeedsFourFiniteReports) {
  const double nan = std::nan("");
  EXPECT_FALSE(ForecastCurve({3, nan, 2, 1, INFINITY}, 10, true).has_value());
  EXPECT_TRUE(ForecastCurve({3, nan, 2, 1, 1}, 10, true).has_value());
}

TEST(ForecastTest, ACurveThatRisesIsAtItsBestNow) {
  const std::vector<double> losses = {1, 2, 3, 4, 5, 6};
  EXPECT_GT(ForecastCurve(losses, 50, /*best_so_far=*/false)->Location(), 9);
  const double best = ForecastCurve(losses, 50, /*best_so_far=*/true)->Location();
  EXPECT_GT(best, 3);
  EXPECT_LT(best, 8);
}

TEST(ForecastTest, ConstantAndHugeCurvesAreHandled) {
  for (const double level : {0.0, 1.0, -1e300, 1e-300}) {
    const std::vector<double> losses(10, level);
    const std::optional<Forecast> forecast = ForecastCurve(losses, 20, false);
    ASSERT_TRUE(forecast.has_value()) << level;
    EXPECT_FALSE(std::isnan(forecast->ChanceBelow(level - 1))) << level;
  }
  EXPECT_FALSE(ForecastCurve({1e308, -1e308, 1e308, -1e308}, 20, false).has_value());
}

// Honesty: what it calls unlikely must be rare. Curves of random shapes, none of them one of those
// that the forecast knows, with noise; judged at several steps.
TEST(ForecastTest, WhatItCallsUnlikelyIsRare) {
  RandomStream random(11, 0, "forecast-test");
  int unlikely = 0;
  int cases = 0;
  for (int i = 0; i < 400; ++i) {
    const double speed = 0.15 + 1.5 * random.Uniform();
    const double noise = 0.02 * random.Uniform();
    const double level = random.Uniform();
    const std::vector<double> whole =
        PowerCurve(level, 1, speed, 60, noise, static_cast<uint64_t>(i));
    for (const int seen : {6, 12, 24, 40}) {
      const auto part = absl::MakeConstSpan(whole).first(static_cast<size_t>(seen));
      ++cases;
      unlikely += ForecastCurve(part, 60, false)->ChanceBelow(whole.back()) < 0.05;
    }
  }
  EXPECT_LT(unlikely, cases * 0.05);
}

TEST(CurveTest, StopsWhatCannotWinAndLetsWhatMayWinGoOn) {
  SampleCurves curves("curve", {});
  curves.Succeed(0, PowerCurve(0.1, 1, 1, 50, 0.005));
  EXPECT_TRUE(curves.Stops(1, PowerCurve(0.6, 1, 1, 15, 0.005, 1)));
  EXPECT_FALSE(curves.Stops(2, PowerCurve(0.05, 1, 1, 15, 0.005, 2)));
  EXPECT_THAT(curves.Report(3, PowerCurve(0.6, 1, 1, 15, 0.005, 3)).why,
              testing::AllOf(HasSubstr("has a chance of"), HasSubstr("by report 50")));
}

TEST(CurveTest, WithoutASucceededTrialOrEnoughReportsNobodyIsStopped) {
  SampleCurves curves("curve", {{"min_trials_required", "2"}});
  EXPECT_FALSE(curves.Stops(0, PowerCurve(9, 1, 1, 40)));
  curves.Succeed(1, PowerCurve(0.1, 1, 1, 50));
  EXPECT_FALSE(curves.Stops(0, {9}));
  curves.Succeed(2, PowerCurve(0.1, 1, 1, 50));
  EXPECT_TRUE(curves.Stops(0, {9}));
  EXPECT_FALSE(curves.Stops(3, {9, 9, 9}));
  EXPECT_FALSE(curves.Stops(0, std::vector<double>(30, 9.0)));  // as long as a whole trial
}

TEST(CurveTest, TrialsThatTookOffLateAreRemembered) {
  std::vector<double> late(20, 1.0);
  late.resize(40, 0.1);
  const std::vector<double> flat(19, 1.0);
  SampleCurves curves("curve", {});
  curves.Succeed(0, PowerCurve(0.1, 1, 1, 40));
  EXPECT_TRUE(curves.Stops(1, flat));
  curves.Succeed(2, late);
  EXPECT_FALSE(curves.Stops(3, flat));
}

}  // namespace
}  // namespace qalam
