#include "math/front_levels.h"

#include <gtest/gtest.h>

#include "tests/math/random_rows.h"

namespace qalam {
namespace {

// After each of the rows.
void ExpectTheFrontsOfASort(LossRows rows) {
  FrontLevels levels(rows.width);
  for (int i = 0; i < rows.size(); ++i) {
    levels.Insert(rows.row(i));
    const LossRows first{rows.values.subspan(0, static_cast<size_t>((i + 1) * rows.width)),
                         rows.width};
    const std::vector<int> expected = NonDominatedSort(first);
    std::vector<int> fronts(expected.size(), -1);
    for (int front = 0; front < levels.fronts(); ++front) {
      EXPECT_FALSE(levels.front(front).empty());
      for (const int row : levels.front(front)) fronts[static_cast<size_t>(row)] = front;
    }
    ASSERT_EQ(fronts, expected) << "after " << i + 1;
  }
}

TEST(FrontLevelsTest, AreThoseOfASortAfterEachRow) {
  for (int width = 1; width <= 4; ++width) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(testing::Message() << width << " losses, seed " << seed);
      ExpectTheFrontsOfASort(RandomRows(seed, width, 60, 4 + static_cast<int>(seed)).rows());
    }
  }
}

TEST(FrontLevelsTest, EveryRowMayDominateAllBeforeIt) {
  std::vector<double> values;
  for (int i = 20; i > 0; --i) values.insert(values.end(), {1.0 * i, 1.0 * i, 2.0 * i, 1.0 * i});
  ExpectTheFrontsOfASort({values, 2});
}

}  // namespace
}  // namespace qalam
