#include "math/student_t.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/random_stream.h"

namespace qalam {
namespace {

TEST(StudentTTest, OneAndTwoDegreesHaveClosedForms) {
  for (const double t : {-30.0, -2.0, -0.5, 0.0, 0.1, 1.0, 7.0}) {
    EXPECT_NEAR(StudentTCdf(t, 1), 0.5 + std::atan(t) / std::numbers::pi, 1e-14) << t;
    EXPECT_NEAR(StudentTCdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-14) << t;
  }
}

// Quantiles of the usual tables.
TEST(StudentTTest, AgreesWithTables) {
  EXPECT_NEAR(StudentTCdf(2.3533634348, 3), 0.95, 1e-9);
  EXPECT_NEAR(StudentTCdf(2.1318467863, 4), 0.95, 1e-9);
  EXPECT_NEAR(StudentTCdf(1.8124611228, 10), 0.95, 1e-9);
  EXPECT_NEAR(StudentTCdf(-2.2281388520, 10), 0.025, 1e-9);
}

TEST(StudentTTest, ManyDegreesAreTheNormalDistribution) {
  for (const double t : {-3.0, -1.0, 0.0, 0.5, 2.0}) {
    EXPECT_NEAR(StudentTCdf(t, 5000), StudentTCdf(t, 5001), 1e-7) << t;
    EXPECT_NEAR(StudentTCdf(t, 1'000'000'000), NormalCdf(t), 1e-8) << t;
  }
}

TEST(StudentTTest, EndsAreZeroAndOne) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const int64_t freedom : {1, 2, 5, 10'000}) {
    EXPECT_NEAR(StudentTCdf(-kInfinity, freedom), 0, 1e-15);
    EXPECT_NEAR(StudentTCdf(kInfinity, freedom), 1, 1e-15);
  }
}

}  // namespace
}  // namespace qalam
