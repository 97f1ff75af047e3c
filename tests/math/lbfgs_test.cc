#include "math/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace qalam {
namespace {

double Rosenbrock(absl::Span<const double> x, absl::Span<double> gradient) {
  const double valley = x[1] - x[0] * x[0];
  gradient[0] = -400 * x[0] * valley - 2 * (1 - x[0]);
  gradient[1] = 200 * valley;
  return 100 * valley * valley + (1 - x[0]) * (1 - x[0]);
}

const LbfgsOptions kThorough = {.max_iterations = 200, .max_evaluations = 500};

TEST(LbfgsTest, FindsTheMinimumOfACurvedValley) {
  const LbfgsResult result =
      MinimizeInBox(Rosenbrock, {-5.0, -5.0}, {5.0, 5.0}, {-1.2, 1}, kThorough);
  EXPECT_NEAR(result.x[0], 1, 1e-4);
  EXPECT_NEAR(result.x[1], 1, 1e-4);
  EXPECT_LT(result.evaluations, 100);
}

TEST(LbfgsTest, StaysInTheBoxAndFindsTheMinimumOnItsEdge) {
  int outside = 0;
  const auto watched = [&](absl::Span<const double> x, absl::Span<double> gradient) {
    if (x[0] < -2 || x[0] > 0.5 || x[1] < -2 || x[1] > 2) ++outside;
    return Rosenbrock(x, gradient);
  };
  const LbfgsResult result = MinimizeInBox(watched, {-2.0, -2.0}, {0.5, 2.0}, {-1, 3}, kThorough);
  EXPECT_EQ(outside, 0);
  EXPECT_EQ(result.x[0], 0.5);
  EXPECT_NEAR(result.x[1], 0.25, 1e-4);
}

TEST(LbfgsTest, NeverEndsWorseThanItBegan) {
  for (int budget = 1; budget < 40; ++budget) {
    SCOPED_TRACE(budget);
    const LbfgsResult result =
        MinimizeInBox(Rosenbrock, {-5.0, -5.0}, {5.0, 5.0}, {-1.2, 1}, {.max_evaluations = budget});
    EXPECT_LE(result.evaluations, budget);
    EXPECT_LE(result.value, 24.2 + 1e-9);
  }
}

TEST(LbfgsTest, BacksOutOfPlacesWhereTheFunctionIsNotDefined) {
  const auto logarithm = [](absl::Span<const double> x, absl::Span<double> gradient) {
    gradient[0] = 1 - 1e-3 / x[0];
    return x[0] > 0 ? x[0] - 1e-3 * std::log(x[0]) : std::nan("");
  };
  const LbfgsResult result = MinimizeInBox(
      logarithm, {-10.0}, {10.0}, {5},
      {.max_iterations = 500, .max_evaluations = 900, .value_tolerance = 1e-15, .first_step = 100});
  EXPECT_NEAR(result.x[0], 1e-3, 1e-5);
}

TEST(LbfgsTest, AStartWithoutValueIsReturned) {
  const auto nowhere = [](absl::Span<const double>, absl::Span<double>) {
    return std::numeric_limits<double>::infinity();
  };
  const LbfgsResult result = MinimizeInBox(nowhere, {0.0}, {1.0}, {0.5}, {});
  EXPECT_EQ(result.x[0], 0.5);
  EXPECT_EQ(result.evaluations, 1);
}

TEST(LbfgsTest, TakesNoCoordinatesAndBoxesWithoutRoom) {
  const auto constant = [](absl::Span<const double>, absl::Span<double>) { return 3.0; };
  EXPECT_EQ(MinimizeInBox(constant, {}, {}, {}, {}).value, 3);
  const LbfgsResult held = MinimizeInBox(Rosenbrock, {2.0, 3.0}, {2.0, 3.0}, {0, 0}, {});
  EXPECT_EQ(held.x, std::vector<double>({2, 3}));
}

}  // namespace
}  // namespace qalam
