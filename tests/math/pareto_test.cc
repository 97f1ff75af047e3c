#include "math/pareto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/dominance.h"
#include "tests/math/random_rows.h"

namespace qalam {
namespace {

std::vector<int> FrontsByDefinition(LossRows rows) {
  std::vector<int> fronts(static_cast<size_t>(rows.size()));
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < rows.size(); ++i) {
      for (int j = 0; j < rows.size(); ++j) {
        if (!Dominates(rows.row(j), rows.row(i)) || fronts[i] > fronts[j]) continue;
        fronts[i] = fronts[j] + 1;
        changed = true;
      }
    }
  }
  return fronts;
}

TEST(ParetoTest, SortsIntoTheFrontsOfTheDefinition) {
  for (int width = 1; width <= 5; ++width) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      SCOPED_TRACE(testing::Message() << width << " losses, seed " << seed);
      const RandomRows random(seed, width, static_cast<int>(seed) + 1, 3 + static_cast<int>(seed));
      EXPECT_EQ(NonDominatedSort(random.rows()), FrontsByDefinition(random.rows()));
    }
  }
}

TEST(ParetoTest, TheFrontIsTheFirstOfTheFronts) {
  for (int width = 1; width <= 5; ++width) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      const RandomRows random(seed, width, 40, 6);
      const std::vector<int> fronts = FrontsByDefinition(random.rows());
      std::vector<int> expected;
      for (int i = 0; i < random.rows().size(); ++i) {
        if (fronts[static_cast<size_t>(i)] == 0) expected.push_back(i);
      }
      EXPECT_EQ(ParetoFront(random.rows()), expected);
    }
  }
}

TEST(ParetoTest, NothingHasNoFronts) {
  EXPECT_TRUE(NonDominatedSort({{}, 2}).empty());
  EXPECT_TRUE(ParetoFront({{}, 3}).empty());
  EXPECT_TRUE(CrowdingDistances({{}, 2}).empty());
}

TEST(ParetoTest, EqualRowsDoNotDominateEachOther) {
  const std::vector<double> values = {1, 2, 1, 2, 1, 2};
  EXPECT_EQ(NonDominatedSort({values, 2}), std::vector<int>({0, 0, 0}));
}

TEST(ParetoTest, CrowdingIsTheDistanceOfTheNeighbours) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0, 8, 1, 4, 3, 2, 4, 0};
  EXPECT_EQ(CrowdingDistances({values, 2}),
            std::vector<double>({infinity, 3.0 / 4 + 6.0 / 8, 3.0 / 4 + 4.0 / 8, infinity}));
}

TEST(ParetoTest, ALossThatIsTheSameEverywhereCrowdsNobody) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0, 5, 1, 5, 2, 5};
  EXPECT_EQ(CrowdingDistances({values, 2}), std::vector<double>({infinity, 1, infinity}));
}

}  // namespace
}  // namespace qalam
