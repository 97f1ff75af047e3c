#include "math/signed_rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/random_stream.h"

namespace qalam {
namespace {

// By definition: all signs of the differences that are not 0, each as likely as any other.
double ByEnumeration(const std::vector<double>& differences) {
  std::vector<double> ranks;
  double observed = 0;
  for (const double difference : differences) {
    if (difference == 0) continue;
    double below = 0;
    double equal = 0;
    for (const double other : differences) {
      below += std::abs(other) < std::abs(difference);
      equal += std::abs(other) == std::abs(difference);
    }
    ranks.push_back(below + (equal + 1) / 2);
    if (difference > 0) observed += ranks.back();
  }
  const int cases = 1 << ranks.size();
  int as_large = 0;
  for (int signs = 0; signs < cases; ++signs) {
    double sum = 0;
    for (size_t i = 0; i < ranks.size(); ++i) sum += (signs >> i & 1) != 0 ? ranks[i] : 0;
    as_large += sum >= observed;
  }
  return static_cast<double>(as_large) / cases;
}

TEST(SignedRankTest, KnownValues) {
  EXPECT_DOUBLE_EQ(SignedRankPValue({}), 1);
  EXPECT_DOUBLE_EQ(SignedRankPValue({0, 0}), 1);
  EXPECT_DOUBLE_EQ(SignedRankPValue({1}), 0.5);
  EXPECT_DOUBLE_EQ(SignedRankPValue({1, 2, 3, 4}), 1.0 / 16);
  EXPECT_DOUBLE_EQ(SignedRankPValue({-1, 2, 3, 4}), 2.0 / 16);
  EXPECT_DOUBLE_EQ(SignedRankPValue({-1, -2, -3, -4}), 1);
}

TEST(SignedRankTest, AgreesWithTheDefinitionTiesAndZerosIncluded) {
  RandomStream random(1, 0, "signed-rank-test");
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    std::vector<double> differences(1 + random.Below(10));
    for (double& difference : differences) {
      difference = static_cast<double>(random.Below(7)) - 2.5 + 0.5 * (round % 2);
    }
    EXPECT_NEAR(SignedRankPValue(differences), ByEnumeration(differences), 1e-12);
  }
}

TEST(SignedRankTest, InfinitiesAreLargerThanEverything) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(SignedRankPValue({-1, 2, 3, kInfinity}), SignedRankPValue({-1, 2, 3, 4}));
}

// The exact value, by counting the sets of ranks with each sum.
double ByCounting(const std::vector<int>& signs) {
  std::vector<double> sets = {1};
  size_t observed = 0;
  for (size_t rank = 1; rank <= signs.size(); ++rank) {
    std::vector<double> with = sets;
    with.resize(sets.size() + rank);
    for (size_t sum = 0; sum < sets.size(); ++sum) with[sum + rank] += sets[sum];
    sets = std::move(with);
    if (signs[rank - 1] > 0) observed += rank;
  }
  double as_large = 0;
  for (size_t sum = observed; sum < sets.size(); ++sum) as_large += sets[sum];
  return as_large / std::pow(2, static_cast<double>(signs.size()));
}

TEST(SignedRankTest, ManyDifferencesAreApproximatedWell) {
  for (const int count : {25, 30, 31, 60}) {
    for (const int period : {2, 3, 5}) {
      std::vector<int> signs;
      std::vector<double> differences;
      for (int rank = 1; rank <= count; ++rank) {
        signs.push_back(rank % period == 0 ? -1 : 1);
        differences.push_back(signs.back() * rank);
      }
      EXPECT_NEAR(SignedRankPValue(differences), ByCounting(signs), count <= 30 ? 1e-12 : 2e-3);
    }
  }
}

}  // namespace
}  // namespace qalam
