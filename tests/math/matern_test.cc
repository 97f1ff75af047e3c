#include "math/matern.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace qalam {
namespace {

TEST(MaternTest, EqualsItsFormulaOverTheWholeRange) {
  std::vector<double> q = {0, 1e-300, 1e-12};
  for (double x = 1e-8; x < 1e5; x *= 1.07) q.push_back(x);
  std::vector<double> values(q.size());
  std::vector<double> again(q.size());
  std::vector<double> slopes(q.size());
  Matern52(q, absl::MakeSpan(values));
  Matern52WithSlopes(q, absl::MakeSpan(again), absl::MakeSpan(slopes));
  EXPECT_EQ(values, again);
  for (size_t i = 0; i < q.size(); ++i) {
    const double a = std::sqrt(5 * q[i]);
    if (a > 690) continue;
    EXPECT_NEAR(values[i] / ((1 + a + a * a / 3) * std::exp(-a)), 1, 1e-14) << q[i];
    EXPECT_NEAR(slopes[i] / (5.0 / 6 * (1 + a) * std::exp(-a)), 1, 1e-14) << q[i];
  }
  EXPECT_EQ(values[0], 1);
}

TEST(MaternTest, VanishesFarAwayWithoutTrouble) {
  std::vector<double> q = {1e6, 1e12, 1e100, 1e200};
  Matern52(q, absl::MakeSpan(q));
  for (const double value : q) EXPECT_LT(value, 1e-100);
}

TEST(MaternTest, WorksInPlaceAndOnAnyLength) {
  for (size_t size = 0; size < 20; ++size) {
    std::vector<double> q(size, 0.5);
    std::vector<double> values(size);
    Matern52(q, absl::MakeSpan(values));
    Matern52(q, absl::MakeSpan(q));
    EXPECT_EQ(q, values);
  }
}

TEST(MaternTest, SumsDistances) {
  const std::vector<double> column = {0, 1, 3, 1};
  std::vector<double> out = {1, 1, 1, 1};
  AddSquaredDistances(column, 1, 2, absl::MakeSpan(out));
  EXPECT_EQ(out, std::vector<double>({3, 1, 9, 1}));
  AddMismatches(column, 1, 0.5, absl::MakeSpan(out));
  EXPECT_EQ(out, std::vector<double>({3.5, 1, 9.5, 1}));
  AddMatches(column, 1, 0.25, 2, absl::MakeSpan(out));
  EXPECT_EQ(out, std::vector<double>({5.5, 1.25, 11.5, 1.25}));
}

TEST(MaternTest, OfOneAxisIsThatOfItsDistances) {
  constexpr double kLengthscale = 0.3;
  constexpr double kFactor = 0.7;
  const double x = 0.4;
  for (size_t size = 0; size < 20; ++size) {
    std::vector<double> column(size), q(size), values(size), slopes(size);
    for (size_t i = 0; i < size; ++i) column[i] = 0.11 * static_cast<double>(i);
    AddSquaredDistances(column, x, 1 / (kLengthscale * kLengthscale), absl::MakeSpan(q));
    Matern52WithSlopes(q, absl::MakeSpan(values), absl::MakeSpan(slopes));
    std::vector<double> out(size, 1.0), again(size, 1.0), out_slopes(size);
    AddMatern52(column, x, std::sqrt(5) / kLengthscale, kFactor, absl::MakeSpan(out));
    AddMatern52WithSlopes(column, x, std::sqrt(5) / kLengthscale, kFactor, absl::MakeSpan(again),
                          absl::MakeSpan(out_slopes));
    EXPECT_EQ(out, again);
    for (size_t i = 0; i < size; ++i) {
      EXPECT_NEAR(out[i], 1 + kFactor * values[i], 1e-14);
      EXPECT_NEAR(out_slopes[i], slopes[i], 1e-14);
    }
  }
}

TEST(MaternTest, SumsWeightedOffsets) {
  for (size_t size = 0; size < 20; ++size) {
    std::vector<double> weights(size), slopes(size), column(size);
    double expected = 0;
    for (size_t i = 0; i < size; ++i) {
      weights[i] = 1 + static_cast<double>(i);
      slopes[i] = 0.5 - static_cast<double>(i % 3);
      column[i] = static_cast<double>(i * i);
      expected += weights[i] * slopes[i] * (2.5 - column[i]);
    }
    EXPECT_EQ(WeightedOffset(weights, slopes, column, 2.5), expected) << size;
  }
}

}  // namespace
}  // namespace qalam
