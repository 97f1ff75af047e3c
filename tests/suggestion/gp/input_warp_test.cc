#include "suggestion/gp/input_warp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/gp/encoding.h"
#include "suggestion/gp/fit.h"

namespace qalam::gp {
namespace {

class InputWarpTest : public testing::TestWithParam<double> {};

TEST_P(InputWarpTest, KeepsTheEndsOfTheAxisAndTheOrderBetweenThem) {
  const InputWarp warp(GetParam());
  EXPECT_EQ(warp.Apply(0), 0);
  EXPECT_DOUBLE_EQ(warp.Apply(1), 1);
  for (int i = 0; i < 100; ++i) EXPECT_LT(warp.Apply(0.01 * i), warp.Apply(0.01 * (i + 1)));
}

TEST_P(InputWarpTest, LeavesWhatDoesNotExistWhereItIs) {
  const InputWarp warp(GetParam());
  EXPECT_EQ(warp.Apply(Encoding::kAbsent), Encoding::kAbsent);
  EXPECT_EQ(warp.Slope(Encoding::kAbsent), 1);
  EXPECT_EQ(warp.SlopeByStrength(Encoding::kAbsent), 0);
}

TEST_P(InputWarpTest, SlopesAreDerivatives) {
  constexpr double kStep = 1e-5;
  const InputWarp warp(GetParam());
  for (const double x : {0.03, 0.4, 0.97}) {
    EXPECT_NEAR(warp.Slope(x), (warp.Apply(x + kStep) - warp.Apply(x - kStep)) / (2 * kStep), 1e-6);
    const double difference =
        InputWarp(GetParam() + kStep).Apply(x) - InputWarp(GetParam() - kStep).Apply(x);
    EXPECT_NEAR(warp.SlopeByStrength(x), difference / (2 * kStep), 1e-6);
  }
}

// 1e-4 is where the formula changes.
INSTANTIATE_TEST_SUITE_P(Strengths, InputWarpTest,
                         testing::Values(-5.0, -0.7, -1e-4, 0.0, 2e-5, 1.1e-4, 0.03, 1.0, 5.0));

TEST(InputWarpTest, ThereIsNoStepWhereTheFormulaChanges) {
  const InputWarp below(0.99999e-4);
  const InputWarp above(1.00001e-4);
  EXPECT_NEAR(below.Apply(0.3), above.Apply(0.3), 1e-9);
  EXPECT_NEAR(below.Slope(0.3), above.Slope(0.3), 1e-9);
  EXPECT_NEAR(below.SlopeByStrength(0.3), above.SlopeByStrength(0.3), 1e-7);
}

// `count` points, with all that happens near 0 on the first axis and nothing on the second.
FitData RoughAtOneEnd(int count, bool categorical) {
  RandomStream random(3, 0, "points");
  FitData data{.categorical = {categorical, categorical}, .points = Matrix(count, 2)};
  for (int i = 0; i < count; ++i) {
    for (double* x : {&data.points(i, 0), &data.points(i, 1)}) {
      *x = categorical ? static_cast<double>(random.Below(4)) : random.Uniform();
    }
    data.values.push_back(1.5 * std::sin(9 * std::sqrt(data.points(i, 0))));
    data.extra_noise.push_back(0);
  }
  return data;
}

TEST(FitTest, WarpsTheAxisThatIsRoughAtOneEnd) {
  const FitData data = RoughAtOneEnd(60, false);
  const Fit warped = FitHyperparameters(data, {.thorough = true});
  EXPECT_GT(warped.parameters.input_warps[0], 1);
  EXPECT_LT(std::abs(warped.parameters.input_warps[1]), 0.5);
  const Fit plain = FitHyperparameters(data, {.thorough = true, .warped = false});
  EXPECT_TRUE(plain.parameters.input_warps.empty());
  EXPECT_LT(warped.loss, plain.loss - 3);
}

TEST(FitTest, DoesNotWarpWhereThereAreFewPointsOrOnlyCategories) {
  EXPECT_FALSE(FitHyperparameters(RoughAtOneEnd(10, false), {}).parameters.input_warps.empty());
  EXPECT_TRUE(FitHyperparameters(RoughAtOneEnd(9, false), {}).parameters.input_warps.empty());
  EXPECT_TRUE(FitHyperparameters(RoughAtOneEnd(30, true), {}).parameters.input_warps.empty());
}

// One fit ends, the next begins there, and has one more result by which axes are warped.
TEST(FitTest, GoesOnFromAFitWithoutWarps) {
  const Fit before = FitHyperparameters(RoughAtOneEnd(9, false), {});
  const Fit after = FitHyperparameters(RoughAtOneEnd(10, false), {.start = &before.parameters});
  EXPECT_EQ(after.parameters.input_warps.size(), 2);
  EXPECT_TRUE(std::isfinite(after.loss));
}

}  // namespace
}  // namespace qalam::gp
