#include "math/normal_distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qalam {
namespace {

// References to 15 digits, computed with 60-digit arithmetic where doubles would cancel.
TEST(NormalDistributionTest, ScaledErfcNearZeroAndFarOut) {
  EXPECT_DOUBLE_EQ(ScaledErfc(0), 1);
  EXPECT_NEAR(ScaledErfc(1), 0.427583576155807, 1e-14);
  EXPECT_NEAR(ScaledErfc(-1), 5.00898008076228, 1e-12);
  EXPECT_NEAR(ScaledErfc(10), 0.0561409927438226, 1e-15);
  EXPECT_NEAR(ScaledErfc(1e5) * 1e5 * std::sqrt(M_PI), 1, 1e-10);
  // No seam where the methods meet.
  EXPECT_NEAR(ScaledErfc(4 - 1e-9) / ScaledErfc(4 + 1e-9), 1, 1e-9);
}

TEST(NormalDistributionTest, LogCdfAtKnownPlaces) {
  EXPECT_NEAR(LogNormalCdf(0).value, std::log(0.5), 1e-15);
  EXPECT_NEAR(LogNormalCdf(-5).value, -15.0649983939887, 1e-12);
  EXPECT_NEAR(LogNormalCdf(-40).value, -804.608442013754, 1e-9);
  EXPECT_EQ(LogNormalCdf(50).value, 0);
}

TEST(NormalDistributionTest, LogImprovementAtKnownPlaces) {
  EXPECT_NEAR(LogNormalImprovement(0).value, -0.918938533204673, 1e-14);
  EXPECT_NEAR(LogNormalImprovement(20).value, std::log(20.0), 1e-14);
  // -z^2/2 - log(sqrt(2 pi) z^2) to leading order.
  EXPECT_NEAR(LogNormalImprovement(-1e5).value, -5e9 - 0.918938533204673 - 2 * std::log(1e5), 1e-4);
}

TEST(NormalDistributionTest, IncreaseWithoutSeamsAndTheirSlopesAreTheirDerivatives) {
  for (double z = -100; z < 8; z += 0.037) {
    SCOPED_TRACE(z);
    const double h = 1e-5 * std::max(1.0, std::abs(z));
    for (const auto& f : {LogNormalCdf, LogNormalImprovement}) {
      const double difference = (f(z + h).value - f(z - h).value) / (2 * h);
      EXPECT_GT(f(z).slope, 0);
      EXPECT_NEAR(difference, f(z).slope, 1e-6 * (1 + f(z).slope));
    }
  }
}

}  // namespace
}  // namespace qalam
