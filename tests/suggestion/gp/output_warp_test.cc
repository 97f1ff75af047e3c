#include "suggestion/gp/output_warp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace qalam::gp {
namespace {

const std::vector<std::vector<double>>& Samples() {
  static const auto& samples =
      *new std::vector<std::vector<double>>{{},
                                            {5},
                                            {2, 2, 2, 2},
                                            {0, 0, 0, 0, 1},
                                            {1, 2, 3, 4, 5, 6},
                                            {-1e308, 0, 1e308},
                                            {1e-7, 1e-3, 1, 40, 1e3, 1e7, 2e7},
                                            {0.3, 0.4, 0.35, 0.5, 1e7, 0.45}};
  return samples;
}

TEST(OutputWarpTest, IncreasesAndIsFiniteOnAnyLosses) {
  for (const std::vector<double>& losses : Samples()) {
    for (const OutputWarp& warp : OutputWarp::Candidates(losses)) {
      double last = -HUGE_VAL;
      for (const double loss : {-1e308, -1e9, -2.0, 0.0, 0.1, 1.0, 10.0, 1e9, 1e308}) {
        const double value = warp.Apply(loss);
        ASSERT_TRUE(std::isfinite(value));
        EXPECT_GE(value, last);
        EXPECT_FALSE(std::isnan(warp.LogSlope(loss)));
        last = value;
      }
    }
  }
}

TEST(OutputWarpTest, InvertUndoesApply) {
  const std::vector<double> losses = {1, 2, 3, 5, 9, 20};
  for (const OutputWarp& warp : OutputWarp::Candidates(losses)) {
    for (const double loss : {-3.0, 1.0, 1.5, 4.0, 19.0}) {
      EXPECT_NEAR(warp.Invert(warp.Apply(loss)), loss, 1e-9);
    }
  }
}

TEST(OutputWarpTest, LogSlopeIsTheDerivative) {
  const std::vector<double> losses = {1, 2, 3, 5, 9, 20};
  for (const OutputWarp& warp : OutputWarp::Candidates(losses)) {
    for (const double loss : {-3.0, 1.5, 2.7, 12.0}) {
      const double difference = (warp.Apply(loss + 1e-6) - warp.Apply(loss - 1e-6)) / 2e-6;
      EXPECT_NEAR(std::exp(warp.LogSlope(loss)), difference, 1e-6 * (1 + difference));
    }
  }
}

TEST(OutputWarpTest, FittedLossesGetMeanZeroAndDeviationOne) {
  const std::vector<double> losses = {1, 2, 3, 5, 9, 20, 1000};
  for (const OutputWarp& warp : OutputWarp::Candidates(losses)) {
    double sum = 0;
    double squares = 0;
    for (const double loss : losses) {
      sum += warp.Apply(loss);
      squares += warp.Apply(loss) * warp.Apply(loss);
    }
    EXPECT_NEAR(sum, 0, 1e-9);
    EXPECT_NEAR(squares / 7, 1, 1e-9);
  }
}

}  // namespace
}  // namespace qalam::gp
