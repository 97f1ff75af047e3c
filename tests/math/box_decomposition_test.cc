#include "math/box_decomposition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "math/hypervolume.h"
#include "tests/math/random_rows.h"

namespace qalam {
namespace {

int BoxesAround(const Boxes& boxes, absl::Span<const double> point) {
  int count = 0;
  for (int i = 0; i < boxes.size(); ++i) {
    bool inside = true;
    for (size_t k = 0; k < point.size(); ++k) {
      inside &= boxes.lower_row(i)[k] < point[k] && point[k] < boxes.upper_row(i)[k];
    }
    count += inside ? 1 : 0;
  }
  return count;
}

TEST(BoxDecompositionTest, EveryPointIsInOneBoxOrDominated) {
  for (int width = 1; width <= 5; ++width) {
    const int side = width <= 3 ? 7 : 4;
    const std::vector<double> reference(static_cast<size_t>(width), side);
    for (uint64_t seed = 0; seed < 25; ++seed) {
      SCOPED_TRACE(testing::Message() << width << " losses, seed " << seed);
      const RandomRows random(seed, width, static_cast<int>(seed), side + 1);
      const Boxes boxes = NonDominatedBoxes(random.rows(), reference);
      for (const std::vector<double>& cell : CellMiddles(width, side)) {
        EXPECT_EQ(BoxesAround(boxes, cell), IsDominatedByAny(random.rows(), cell) ? 0 : 1);
      }
    }
  }
}

// Of rows in general position, in the unit cube.
TEST(BoxDecompositionTest, BoxesAndHypervolumeFillTheCube) {
  for (int width = 2; width <= 4; ++width) {
    RandomStream random(static_cast<uint64_t>(width), 0, "rows");
    std::vector<double> values;
    for (int i = 0; i < 60 * width; ++i) values.push_back(random.Uniform());
    const LossRows rows{values, width};
    const std::vector<double> reference(static_cast<size_t>(width), 1.0);
    const Boxes boxes = NonDominatedBoxes(rows, reference);
    double volume = Hypervolume(rows, reference);
    for (int i = 0; i < boxes.size(); ++i) {
      double box = 1;
      for (size_t k = 0; k < reference.size(); ++k) {
        box *= boxes.upper_row(i)[k] - std::max(0.0, boxes.lower_row(i)[k]);
      }
      EXPECT_GT(box, 0);
      volume += box;
    }
    EXPECT_NEAR(volume, 1, 1e-12) << width;
  }
}

TEST(BoxDecompositionTest, NeedsOneBoxMoreThanRowsOfAFrontOfTwoLosses) {
  const std::vector<double> values = {1, 3, 2, 2, 3, 1, 2, 3, 9, 0};
  EXPECT_EQ(NonDominatedBoxes({values, 2}, {4, 4}).size(), 4);
}

TEST(BoxDecompositionTest, GrowsEvenlyWithAFrontOfThreeLosses) {
  std::vector<double> values;
  RandomStream random(1, 0, "sphere");
  for (int i = 0; i < 200; ++i) {
    const double x = random.Uniform(), y = random.Uniform(), z = random.Uniform();
    const double norm = std::sqrt(x * x + y * y + z * z);
    values.insert(values.end(), {1 - x / norm, 1 - y / norm, 1 - z / norm});
  }
  EXPECT_LT(NonDominatedBoxes({values, 3}, {1, 1, 1}).size(), 5 * 200);
}

}  // namespace
}  // namespace qalam
