#include "suggestion/gp/encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/gp/search.h"
#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

constexpr double kAbsent = Encoding::kAbsent;

// Parents of three kinds, and a child that is a parent itself.
std::shared_ptr<const SearchSpace> ConditionalSpace() {
  return MakeSpace(
      {WhenWithin(DoubleParameter("rest", 0, 1), "drop", 0.5, 1),
       ListParameter("booster", ParameterType::kCategorical, {"linear", "tree", "dart"}),
       When(IntParameter("depth", 1, 9), "booster", {"tree", "dart"}),
       When(ListParameter("policy", ParameterType::kCategorical, {"a", "b"}), "booster", {"tree"}),
       When(WithDefault(DoubleParameter("drop", 0, 1), 0.7), "booster", {"dart"}),
       DoubleParameter("shape", 0, 1), WhenWithin(DoubleParameter("fine", 0, 1), "shape", 0.6, 1)});
}

std::vector<double> RandomPoint(const Encoding& encoding, RandomStream& random) {
  std::vector<double> uniform(static_cast<size_t>(encoding.size()));
  for (double& u : uniform) u = random.Uniform();
  std::vector<double> point(uniform.size());
  encoding.FromUniform(uniform, absl::MakeSpan(point));
  return point;
}

TEST(EncodingTest, DecodesWhatItEncodesAndLeavesOutWhatCannotVary) {
  for (const std::string& name : TestSpaceNames()) {
    SCOPED_TRACE(name);
    const auto space = TestSpace(name);
    const Encoding encoding(space);
    RandomStream random(1, 0, "points");
    std::vector<double> unit(static_cast<size_t>(space->size()));
    for (int k = 0; k < 50; ++k) {
      for (double& u : unit) u = random.Uniform();
      const Assignment assignment = space->FromUnit(unit);
      std::vector<double> point = encoding.Encode(assignment);
      const Assignment decoded = encoding.Decode(point);
      const std::vector<double> again = encoding.Encode(decoded);
      encoding.Snap(absl::MakeSpan(point));
      for (int d = 0; d < encoding.size(); ++d) EXPECT_NEAR(again[d], point[d], 1e-12);
      EXPECT_TRUE(space->Contains(decoded));
    }
  }
  EXPECT_EQ(Encoding(TestSpace("singletons")).size(), 1);
  EXPECT_EQ(Encoding(TestSpace("one_point")).size(), 0);
}

TEST(EncodingTest, WhatDoesNotExistIsAbsent) {
  const Encoding encoding(ConditionalSpace());
  const auto encoded = [&](const NamedValues& values) {
    return encoding.Encode(encoding.space().Parse(values).value());
  };
  EXPECT_EQ(encoded({{"booster", "linear"}, {"shape", "0.5"}}),
            (std::vector<double>{kAbsent, 0, kAbsent, kAbsent, kAbsent, 0.5, kAbsent}));
  EXPECT_EQ(encoded({{"booster", "tree"},
                     {"depth", "5"},
                     {"policy", "b"},
                     {"shape", "0.75"},
                     {"fine", "0.25"}}),
            (std::vector<double>{kAbsent, 1, 0.5, 1, kAbsent, 0.75, 0.25}));
  EXPECT_EQ(
      encoded(
          {{"booster", "dart"}, {"depth", "1"}, {"drop", "0.5"}, {"rest", "0.25"}, {"shape", "0"}}),
      (std::vector<double>{0.25, 2, 0.5 / 9, kAbsent, 0.5, 0, kAbsent}));
}

TEST(EncodingTest, ReconciledPointsAreThoseOfTrials) {
  const Encoding encoding(ConditionalSpace());
  RandomStream random(1, 0, "points");
  for (int i = 0; i < 500; ++i) {
    std::vector<double> point = RandomPoint(encoding, random);
    encoding.Snap(absl::MakeSpan(point));
    encoding.Reconcile(absl::MakeSpan(point));
    const Assignment assignment = encoding.Decode(point);
    EXPECT_EQ(encoding.space().Canonical(assignment), assignment);
    EXPECT_EQ(encoding.Encode(assignment), point);
    std::vector<double> again = point;
    encoding.Reconcile(absl::MakeSpan(again));
    EXPECT_EQ(again, point);
    const std::vector<int> active = encoding.ActiveAxes(point);
    for (int d = 0; d < encoding.size(); ++d) {
      EXPECT_EQ(std::count(active.begin(), active.end(), d), point[d] == kAbsent ? 0 : 1);
      EXPECT_EQ(encoding.IsActive(point, d), point[d] != kAbsent);
    }
  }
}

TEST(EncodingTest, WhatBeginsToExistHasACoordinate) {
  const Encoding encoding(ConditionalSpace());
  std::vector<double> point = {kAbsent, 0, kAbsent, kAbsent, kAbsent, 0.9, 0.1};
  point[1] = 2;  // linear -> dart
  std::vector<double> with_defaults = point;
  encoding.Reconcile(absl::MakeSpan(with_defaults));
  // The default of `drop` is where `rest` exists, too.
  EXPECT_EQ(with_defaults, (std::vector<double>{0.5, 2, 0.5, kAbsent, 0.7, 0.9, 0.1}));
  encoding.Reconcile(absl::MakeSpan(point), [](int axis) { return axis == 4 ? 0.2 : 0.25; });
  EXPECT_EQ(point, (std::vector<double>{kAbsent, 2, 0.25, kAbsent, 0.2, 0.9, 0.1}));
}

TEST(EncodingTest, WithoutConditionsNothingIsAbsent) {
  const Encoding encoding(MakeSpace({DoubleParameter("x", 0, 1), IntParameter("n", 1, 3),
                                     ListParameter("c", ParameterType::kCategorical, {"a", "b"})}));
  const std::vector<double> point = {0.3, 0.5, 1};
  std::vector<double> reconciled = point;
  encoding.Reconcile(absl::MakeSpan(reconciled));
  EXPECT_EQ(reconciled, point);
  EXPECT_EQ(encoding.ActiveAxes(point), (std::vector<int>{0, 1, 2}));
}

// A search that is tempted by coordinates of what does not exist: they count like others.
TEST(EncodingTest, SearchesCompareOnlyPointsThatTrialsCanHave) {
  const Encoding encoding(ConditionalSpace());
  int compared = 0;
  const auto value = [](absl::Span<const double> x) {
    double sum = 0;
    for (const double coordinate : x) sum -= (coordinate - 0.4) * (coordinate - 0.4);
    return sum;
  };
  SearchTarget target;
  target.values = [&](const Matrix& xs) {
    std::vector<double> values;
    for (int j = 0; j < xs.cols(); ++j) {
      std::vector<double> reconciled(xs.col(j).begin(), xs.col(j).end());
      encoding.Reconcile(absl::MakeSpan(reconciled));
      EXPECT_EQ(absl::MakeConstSpan(reconciled), xs.col(j));
      ++compared;
      values.push_back(value(xs.col(j)));
    }
    return values;
  };
  target.gradients = [&](const Matrix& xs, Matrix& gradients) {
    gradients = Matrix(xs.rows(), xs.cols());
    std::vector<double> values;
    for (int j = 0; j < xs.cols(); ++j) {
      for (int d = 0; d < xs.rows(); ++d) {
        if (!encoding.is_categorical(d)) gradients(d, j) = -2 * (xs(d, j) - 0.4);
      }
      values.push_back(value(xs.col(j)));
    }
    return values;
  };
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<double> around = {kAbsent, 0, kAbsent, kAbsent, kAbsent, 0.9, 0.1};
    const std::vector<FoundPoint> found =
        Maximize(encoding, target, {around}, {.seed = seed, .number = 7});
    for (const FoundPoint& point : found) {
      std::vector<double> reconciled = point.point;
      encoding.Reconcile(absl::MakeSpan(reconciled));
      EXPECT_EQ(reconciled, point.point);
      EXPECT_EQ(value(point.point), point.value);
    }
    // tree, for which `rest` and `drop` are absent, depth 4 and policy a; shape below `fine`.
    const std::vector<double> best = {kAbsent, 1, 3.5 / 9, 0, kAbsent, 0.4, kAbsent};
    EXPECT_GE(found.front().value, value(best) - 1e-6) << seed;
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace qalam::gp
