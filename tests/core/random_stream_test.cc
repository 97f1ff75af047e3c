#include "core/random_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace qalam {
namespace {

TEST(RandomStreamTest, IsAFunctionOfItsNameAlone) {
  RandomStream a(7, 3, "suggest");
  RandomStream b(7, 3, "suggest");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.Bits(), b.Bits());
}

TEST(RandomStreamTest, EveryPartOfTheNameMatters) {
  std::set<uint64_t> first;
  for (uint64_t seed : {0, 1, 2}) {
    for (uint64_t index : {0, 1, 2}) {
      for (const char* purpose : {"", "a", "b", "ab"}) {
        first.insert(RandomStream(seed, index, purpose).Bits());
      }
    }
  }
  EXPECT_EQ(first.size(), 36);
}

// Results of earlier releases must stay reproducible: these numbers are fixed for good.
TEST(RandomStreamTest, NeverChanges) {
  RandomStream stream(42, 1, "golden");
  const uint64_t expected[] = {0xdb360da5b08a8fca, 0x8301ef4fe2fab031, 0x87785cd32f19f285};
  for (const uint64_t bits : expected) EXPECT_EQ(stream.Bits(), bits);
  EXPECT_EQ(StableHash("qalam"), 0x76256088c3cf3ace);
  EXPECT_EQ(StableMix(1, 2), 0xbcd9dbb49673066b);
}

TEST(RandomStreamTest, UniformHasTheRightMomentsAndRange) {
  RandomStream stream(1, 0, "uniform");
  double sum = 0, squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = stream.Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

TEST(RandomStreamTest, BelowIsUnbiasedAndInRange) {
  RandomStream stream(1, 0, "below");
  std::vector<int> counts(6);
  constexpr int kDraws = 60000;
  for (int i = 0; i < kDraws; ++i) ++counts[stream.Below(6)];
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 6, 500);
  EXPECT_EQ(stream.Below(1), 0);
  // Two thirds of all 64-bit values: plain remainders would favour the lower half of the range.
  const uint64_t bound = (uint64_t{1} << 63) + (uint64_t{1} << 62);
  int low = 0;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t draw = stream.Below(bound);
    ASSERT_LT(draw, bound);
    if (draw < bound / 2) ++low;
  }
  EXPECT_NEAR(low, 5000, 250);
}

TEST(RandomStreamTest, NormalIsStandard) {
  RandomStream stream(1, 0, "normal");
  double sum = 0, squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = stream.Normal();
    ASSERT_TRUE(std::isfinite(z));
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
}

TEST(NormalQuantileTest, MatchesKnownValues) {
  EXPECT_EQ(NormalQuantile(0.5), 0);
  EXPECT_NEAR(NormalQuantile(0.975), 1.9599639845400542, 4e-15);
  EXPECT_NEAR(NormalQuantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232306167813, 4e-15);
  EXPECT_NEAR(NormalQuantile(1e-20), -9.2623400897984076, 1e-14);
  EXPECT_NEAR(NormalQuantile(1e-300), -37.047096299361199, 1e-13);
}

TEST(NormalQuantileTest, IsTheInverseOfTheDistributionFunction) {
  for (double x = -8; x <= 5; x += 0.01) {
    ASSERT_NEAR(NormalQuantile(NormalCdf(x)), x, 1e-9) << x;
  }
}

TEST(NormalQuantileTest, EndsAreInfinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(NormalQuantile(0), -infinity);
  EXPECT_EQ(NormalQuantile(-1), -infinity);
  EXPECT_EQ(NormalQuantile(1), infinity);
  EXPECT_TRUE(std::isnan(NormalQuantile(std::nan(""))));
}

}  // namespace
}  // namespace qalam
