#include "math/hypervolume.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/math/random_rows.h"

namespace qalam {
namespace {

// Cells between the rows and the reference (side, ..., side).
double CountedVolume(LossRows rows, int side) {
  double volume = 0;
  for (const std::vector<double>& cell : CellMiddles(rows.width, side)) {
    if (IsDominatedByAny(rows, cell)) ++volume;
  }
  return volume;
}

std::vector<double> Without(LossRows rows, int row) {
  std::vector<double> values;
  for (int i = 0; i < rows.size(); ++i) {
    if (i != row) values.insert(values.end(), rows.row(i).begin(), rows.row(i).end());
  }
  return values;
}

// Runs `check` on rows of 1 to 5 losses, many of them beyond the reference.
template <typename Check>
void ForRandomRows(const Check& check) {
  for (int width = 1; width <= 5; ++width) {
    const int side = width <= 3 ? 8 : 5;
    for (uint64_t seed = 0; seed < 25; ++seed) {
      SCOPED_TRACE(testing::Message() << width << " losses, seed " << seed);
      const RandomRows random(seed, width, static_cast<int>(seed), side + 2);
      check(random.rows(), side, std::vector<double>(static_cast<size_t>(width), side));
    }
  }
}

TEST(HypervolumeTest, IsTheNumberOfDominatedCells) {
  ForRandomRows([](LossRows rows, int side, const std::vector<double>& reference) {
    EXPECT_EQ(Hypervolume(rows, reference), CountedVolume(rows, side));
  });
}

TEST(HypervolumeTest, ContributionsAreWhatTheFrontLosesWithoutTheRow) {
  ForRandomRows([](LossRows rows, int side, const std::vector<double>& reference) {
    const std::vector<double> contributions = HypervolumeContributions(rows, reference);
    std::vector<double> expected(contributions.size());
    std::vector<double> values;
    const std::vector<int> front = ParetoFront(rows);
    for (const int i : front) values.insert(values.end(), rows.row(i).begin(), rows.row(i).end());
    for (size_t i = 0; i < front.size(); ++i) {
      const std::vector<double> others = Without({values, rows.width}, static_cast<int>(i));
      expected[static_cast<size_t>(front[i])] =
          CountedVolume(rows, side) - CountedVolume({others, rows.width}, side);
    }
    EXPECT_EQ(contributions, expected);
  });
}

TEST(HypervolumeTest, TheGainOfARowIsWhatTheOthersLack) {
  ForRandomRows([](LossRows rows, int, const std::vector<double>& reference) {
    for (int i = 0; i < std::min(rows.size(), 5); ++i) {
      const std::vector<double> values = Without(rows, i);
      const LossRows others{values, rows.width};
      EXPECT_EQ(HypervolumeGain(others, rows.row(i), reference),
                Hypervolume(rows, reference) - Hypervolume(others, reference));
    }
  });
}

TEST(HypervolumeTest, TheSubsetTakesTheLargestGainEachTime) {
  ForRandomRows([](LossRows rows, int, const std::vector<double>& reference) {
    const int count = rows.size() / 2;
    const std::vector<int> subset = HypervolumeSubset(rows, reference, count);
    ASSERT_EQ(static_cast<int>(subset.size()), count);
    std::vector<double> chosen;
    std::vector<bool> taken(static_cast<size_t>(rows.size()));
    for (const int row : subset) {
      const LossRows before{chosen, rows.width};
      const double gain = HypervolumeGain(before, rows.row(row), reference);
      for (int i = 0; i < rows.size(); ++i) {
        if (taken[static_cast<size_t>(i)]) continue;
        const double other = HypervolumeGain(before, rows.row(i), reference);
        EXPECT_TRUE(other < gain || (other == gain && row <= i)) << row << " or " << i;
      }
      ASSERT_FALSE(taken[static_cast<size_t>(row)]);
      taken[static_cast<size_t>(row)] = true;
      chosen.insert(chosen.end(), rows.row(row).begin(), rows.row(row).end());
    }
  });
}

TEST(HypervolumeTest, ASubsetOfMoreThanThereAreIsAll) {
  const std::vector<double> values = {1, 2, 2, 1};
  EXPECT_EQ(HypervolumeSubset({values, 2}, {3, 3}, 5), std::vector<int>({0, 1}));
}

// The simplex x + y + z = 1 leaves 1/6 of the cube undominated.
TEST(HypervolumeTest, ManyRowsComeNearTheVolumeOfASurface) {
  std::vector<double> values;
  RandomStream random(1, 0, "simplex");
  for (int i = 0; i < 100000; ++i) {
    const double u = std::sqrt(random.Uniform());
    const double v = random.Uniform();
    values.insert(values.end(), {1 - u, u * (1 - v), u * v});
  }
  EXPECT_NEAR(Hypervolume({values, 3}, {1, 1, 1}), 5.0 / 6, 0.005);
}

}  // namespace
}  // namespace qalam
