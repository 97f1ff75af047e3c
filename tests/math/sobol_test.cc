#include "math/sobol.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "core/random_stream.h"

namespace qalam {
namespace {

// True when the `count` points from `first` put exactly one into each of `count` slices of an axis.
bool IsStratified(const SobolSequence& sobol, int dimension, uint64_t first, int count) {
  std::set<int> slices;
  for (int i = 0; i < count; ++i) {
    slices.insert(static_cast<int>(sobol.Coordinate(first + i, dimension) * count));
  }
  return static_cast<int>(slices.size()) == count;
}

TEST(SobolTest, TheFirstTwoAxesFormNets) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const SobolSequence sobol(2, seed);
    for (int m = 0; m <= 8; ++m) {
      for (const uint64_t first : {uint64_t{0}, uint64_t{3} << m}) {
        SCOPED_TRACE(testing::Message() << "seed " << seed << " m " << m << " first " << first);
        // Boxes of 2^-a by 2^-(m-a): one point each.
        for (int a = 0; a <= m; ++a) {
          std::set<std::pair<int, int>> boxes;
          for (uint64_t i = first; i < first + (uint64_t{1} << m); ++i) {
            boxes.emplace(static_cast<int>(std::ldexp(sobol.Coordinate(i, 0), a)),
                          static_cast<int>(std::ldexp(sobol.Coordinate(i, 1), m - a)));
          }
          ASSERT_EQ(boxes.size(), size_t{1} << m) << a;
        }
      }
    }
  }
}

TEST(SobolTest, EveryAxisIsStratified) {
  const SobolSequence sobol(1024, 7);
  for (int d = 0; d < 1024; ++d) {
    ASSERT_TRUE(IsStratified(sobol, d, 0, 256)) << d;
    ASSERT_TRUE(IsStratified(sobol, d, 3 * 64, 64)) << d;
  }
}

TEST(SobolTest, AxesBeyondTheTableAreStratifiedAndDifferent) {
  const SobolSequence sobol(3000, 7);
  std::set<double> firsts;
  for (const int d : {0, 1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 2999}) {
    ASSERT_TRUE(IsStratified(sobol, d, 0, 256)) << d;
    ASSERT_TRUE(IsStratified(sobol, d, 256, 256)) << d;
    firsts.insert(sobol.Coordinate(0, d));
  }
  EXPECT_EQ(firsts.size(), 10);
}

// A repeated axis without shuffled indices would follow its original.
TEST(SobolTest, AxesBeyondTheTableAreUncorrelatedWithTheirOriginals) {
  const SobolSequence sobol(1030, 3);
  for (int d = 0; d < 6; ++d) {
    double covariance = 0;
    constexpr int kPoints = 1024;
    for (int i = 0; i < kPoints; ++i) {
      covariance += (sobol.Coordinate(i, d) - 0.5) * (sobol.Coordinate(i, d + 1024) - 0.5);
    }
    EXPECT_LT(std::fabs(covariance / kPoints * 12), 0.1) << d;
  }
}

TEST(SobolTest, IsAFunctionOfSeedAndIndex) {
  const SobolSequence sobol(5, 11);
  const SobolSequence wider(9, 11);
  std::vector<double> point(5), again(9);
  for (uint64_t index : {0, 1, 2, 1000, 5}) {
    sobol.Point(index, absl::MakeSpan(point));
    wider.Point(index, absl::MakeSpan(again));
    for (int d = 0; d < 5; ++d) {
      EXPECT_EQ(point[d], again[d]);
      EXPECT_NE(point[d], SobolSequence(5, 12).Coordinate(index, d));
    }
  }
}

TEST(SobolTest, CoordinatesLieStrictlyInside) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const SobolSequence sobol(3, seed);
    for (const uint64_t index :
         {uint64_t{0}, uint64_t{1}, uint64_t{0xffffffff}, uint64_t{1} << 32, ~uint64_t{0}}) {
      for (int d = 0; d < 3; ++d) {
        const double x = sobol.Coordinate(index, d);
        ASSERT_GT(x, 0);
        ASSERT_LT(x, 1);
      }
    }
  }
}

TEST(SobolTest, IsUnbiasedOverSeeds) {
  double sum = 0;
  constexpr int kSeeds = 4000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) sum += SobolSequence(4, seed).Coordinate(0, 3);
  EXPECT_NEAR(sum / kSeeds, 0.5, 0.02);
}

// The mean of a smooth function over 4096 points: the error of random points is about 0.01.
TEST(SobolTest, IntegratesBetterThanRandomPoints) {
  const SobolSequence sobol(6, 5);
  double sum = 0;
  constexpr int kPoints = 4096;
  std::vector<double> x(6);
  for (int i = 0; i < kPoints; ++i) {
    sobol.Point(i, absl::MakeSpan(x));
    double product = 1;
    for (const double u : x) product *= 2 * u;
    sum += product;
  }
  EXPECT_NEAR(sum / kPoints, 1, 0.005);
}

TEST(SobolTest, SpacesWithoutParametersHaveEmptyPoints) {
  const SobolSequence sobol(0, 1);
  std::vector<double> nothing;
  sobol.Point(3, absl::MakeSpan(nothing));
  EXPECT_EQ(sobol.dimensions(), 0);
}

}  // namespace
}  // namespace qalam
