#include "suggestion/tpe/parzen_mixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

std::vector<double> RandomPoint(const SearchSpace& space, const ParzenSpace& parzen,
                                RandomStream& random) {
  std::vector<double> point;
  for (int c = 0; c < parzen.width(); ++c) point.push_back(parzen.axis(c).Encode(random.Uniform()));
  parzen.DropMissing(space.FromUnit(parzen.Decode(point)), absl::MakeSpan(point));
  return point;
}

std::vector<double> LogDensities(const ParzenMixture& mixture, const ParzenPoints& points,
                                 int stride = 1) {
  std::vector<double> log_densities(static_cast<size_t>(points.count));
  mixture.LogDensities(points, stride, absl::MakeSpan(log_densities));
  return log_densities;
}

// The density is one over all of a space of one number and one label.
TEST(ParzenMixtureTest, DensityIntegratesToOne) {
  const auto space = MakeSpace({DoubleParameter("x", -2, 5),
                                ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"})});
  const ParzenSpace parzen(*space);
  for (const int rows : {0, 1, 2, 40, 200}) {
    SCOPED_TRACE(rows);
    RandomStream random(2, static_cast<uint64_t>(rows), "rows");
    ParzenMixture mixture(&parzen, {.prior_weight = 0.7, .fades = true});
    for (int i = 0; i < rows; ++i) {
      mixture.Append(RandomPoint(*space, parzen, random), 0.5 + random.Uniform());
      mixture.SetPresent(i, i % 5 != 1);
    }
    mixture.Commit();
    ParzenPoints points;
    for (int i = 0; i < 2000; ++i) {
      for (int label = 0; label < 3; ++label) {
        points.Add(parzen, {(i + 0.5) / 2000, static_cast<double>(label)});
      }
    }
    double sum = 0;
    for (const double log_density : LogDensities(mixture, points)) sum += std::exp(log_density);
    EXPECT_NEAR(sum / 2000, 1, 1e-3);
  }
}

// A category decides whether there is a number, another category, or nothing else.
TEST(ParzenMixtureTest, DensityIntegratesToOneOverAllBranches) {
  const auto space = MakeSpace(
      {ListParameter("branch", ParameterType::kCategorical, {"x", "c", "none"}),
       When(DoubleParameter("x", 0, 1), "branch", {"x"}),
       When(ListParameter("c", ParameterType::kCategorical, {"a", "b"}), "branch", {"c"})});
  const ParzenSpace parzen(*space);
  ASSERT_EQ(parzen.numbers(), 1);  // points are x, branch, c
  for (const int rows : {0, 1, 2, 40}) {
    SCOPED_TRACE(rows);
    RandomStream random(2, static_cast<uint64_t>(rows), "rows");
    ParzenMixture mixture(&parzen, {.fades = true});
    for (int i = 0; i < rows; ++i) {
      mixture.Append(RandomPoint(*space, parzen, random));
      mixture.SetPresent(i, i % 5 != 1);
    }
    mixture.Commit();
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    ParzenPoints places;
    for (int i = 0; i < 2000; ++i) places.Add(parzen, {(i + 0.5) / 2000, 0, kNone});
    ParzenPoints labels;
    for (const double label : {0.0, 1.0}) labels.Add(parzen, {kNone, 1, label});
    labels.Add(parzen, {kNone, 2, kNone});
    double sum = 0;
    for (const double density : LogDensities(mixture, places)) sum += std::exp(density) / 2000;
    for (const double density : LogDensities(mixture, labels)) sum += std::exp(density);
    EXPECT_NEAR(sum, 1, 1e-3);
  }
}

class ParzenMixtureChangesTest : public testing::TestWithParam<const char*> {};

// Caches are exact: whatever came and went, the bits are those of a new mixture.
TEST_P(ParzenMixtureChangesTest, GiveTheSameBitsAsANewMixture) {
  const auto space = TestSpace(GetParam());
  const ParzenSpace parzen(*space);
  RandomStream random(3, 0, "changes");
  ParzenMixture used(&parzen, {.fades = true});
  std::vector<std::vector<double>> rows;
  ParzenPoints points;
  for (int i = 0; i < 5; ++i) points.Add(parzen, RandomPoint(*space, parzen, random));
  for (int step = 0; step < 400; ++step) {
    SCOPED_TRACE(step);
    for (uint64_t i = 0; i < 1 + random.Below(3); ++i) {
      // Every other point is one that is there already, so that places tie.
      rows.push_back(rows.empty() || random.Below(2) == 0 ? RandomPoint(*space, parzen, random)
                                                          : rows[random.Below(rows.size())]);
      used.Append(rows.back());
      used.SetPresent(used.rows() - 1, true);
    }
    if (random.Below(10) == 0) {
      rows.resize(random.Below(rows.size() + 1));
      used.Truncate(static_cast<int>(rows.size()));
    }
    if (!rows.empty()) {
      const int row = static_cast<int>(random.Below(rows.size()));
      used.SetPresent(row, !used.present(row));
    }
    used.Commit();
    ParzenMixture fresh(&parzen, {.fades = true});
    for (size_t i = 0; i < rows.size(); ++i) {
      fresh.Append(rows[i]);
      fresh.SetPresent(static_cast<int>(i), used.present(static_cast<int>(i)));
    }
    fresh.Commit();
    ASSERT_EQ(LogDensities(used, points), LogDensities(fresh, points));
    ASSERT_EQ(LogDensities(used, points, 2), LogDensities(fresh, points, 2));
  }
}

INSTANTIATE_TEST_SUITE_P(Spaces, ParzenMixtureChangesTest, testing::Values("flat", "conditional"));

TEST(ParzenMixtureTest, DrawsComeFromTheKernelsInProportion) {
  const ParzenSpace parzen(*MakeSpace({DoubleParameter("x", 0, 1)}));
  ParzenMixture mixture(&parzen, {.prior_weight = 1});
  for (int i = 0; i < 2; ++i) {
    mixture.Append({0.25 + 0.5 * i}, i == 0 ? 1 : 2);
    mixture.SetPresent(i, true);
  }
  mixture.Commit();
  RandomStream random(1, 0, "draws");
  std::vector<double> point(1);
  std::vector<int> counts(3);
  for (int i = 0; i < 400; ++i) {
    ++counts[static_cast<size_t>(
        mixture.Draw((i + 0.5) / 400, random, absl::MakeSpan(point)).value_or(2))];
  }
  EXPECT_EQ(counts, (std::vector<int>{100, 200, 100}));
}

TEST(ParzenMixtureTest, ASpaceOfConstantsHasOnePoint) {
  const ParzenSpace parzen(*TestSpace("one_choice"));
  ASSERT_EQ(parzen.width(), 0);
  ParzenMixture mixture(&parzen, {});
  mixture.Append({});
  mixture.SetPresent(0, true);
  mixture.Commit();
  ParzenPoints points;
  points.Add(parzen, {});
  EXPECT_NEAR(LogDensities(mixture, points)[0], 0, 1e-6);
}

}  // namespace
}  // namespace qalam
