#include "suggestion/gp/merit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/random_stream.h"
#include "math/hypervolume.h"

namespace qalam::gp {
namespace {

struct NamedMerit {
  std::unique_ptr<Merit> merit;
  size_t quantities;
};

// A front of three losses.
const std::vector<double> kFront = {0, 1, 2, 1, 2, 0, 2, 0, 1, 0.5, 1.5, 1.5};
const std::vector<double> kReference = {2.5, 2.5, 2.5};

Matrix Columns(const std::vector<std::vector<double>>& columns) {
  Matrix matrix(static_cast<int>(columns[0].size()), static_cast<int>(columns.size()));
  for (int j = 0; j < matrix.cols(); ++j) {
    std::copy(columns[j].begin(), columns[j].end(), matrix.col(j).begin());
  }
  return matrix;
}

// Two directions in the space of four losses; nothing is known along the second one.
Rays TestRays() {
  return {.reference = {1.5, 2, 1.5, 1.2},
          .directions = Columns({{1, 2, 1.5, 1}, {0.3, 1, 2, 0.5}}),
          .reached = Columns({{0.4, 0}})};
}

std::vector<NamedMerit> AllMerits() {
  std::vector<NamedMerit> merits;
  merits.push_back({ImprovementMerit(AcquisitionKind::kLogExpectedImprovement, {0.3}), 1});
  merits.push_back({ImprovementMerit(AcquisitionKind::kLowerConfidenceBound, {0.3}), 1});
  merits.push_back({HypervolumeMerit({NonDominatedBoxes({kFront, 3}, kReference)}), 3});
  merits.push_back({RaysMerit(TestRays()), 4});
  merits.push_back(
      {ConstrainedMerit(HypervolumeMerit({NonDominatedBoxes({kFront, 3}, kReference)}), {0.5}), 4});
  merits.push_back({ConstrainedMerit(nullptr, {0.5, -0.1}), 2});
  return merits;
}

TEST(MeritTest, SlopesAreDerivatives) {
  const std::vector<NamedMerit> merits = AllMerits();
  for (size_t k = 0; k < merits.size(); ++k) {
    // Near the front, and so far away that the expectation itself would be 0 in doubles.
    for (const double far : {0.0, 60.0}) {
      SCOPED_TRACE(testing::Message() << k << " " << far);
      std::vector<double> means = {0.7 + far, 1.1, 0.9, 0.4};
      std::vector<double> deviations = {0.4, 0.6, 0.2, 0.5};
      means.resize(merits[k].quantities);
      deviations.resize(merits[k].quantities);
      MeritSlopes slopes{means, means};
      const double value = merits[k].merit->Value(0, means, deviations, &slopes);
      EXPECT_TRUE(std::isfinite(value));
      EXPECT_EQ(value, merits[k].merit->Value(0, means, deviations, nullptr));
      for (std::vector<double>* argument : {&means, &deviations}) {
        for (size_t i = 0; i < argument->size(); ++i) {
          const double before = (*argument)[i];
          (*argument)[i] = before + 1e-6;
          const double above = merits[k].merit->Value(0, means, deviations, nullptr);
          (*argument)[i] = before - 1e-6;
          const double below = merits[k].merit->Value(0, means, deviations, nullptr);
          (*argument)[i] = before;
          const double difference = (above - below) / 2e-6;
          const double slope = argument == &means ? slopes.means[i] : slopes.deviations[i];
          EXPECT_NEAR(slope, difference, 1e-4 * (1 + std::abs(difference))) << i;
        }
      }
    }
  }
}

// The mean over draws of what `gain` says of each.
template <typename Gain>
double Expected(const std::vector<double>& means, const std::vector<double>& deviations,
                const Gain& gain) {
  constexpr int kDraws = 200000;
  RandomStream random(4, 0, "draws");
  std::vector<double> draw(means.size());
  double sum = 0;
  for (int k = 0; k < kDraws; ++k) {
    for (size_t m = 0; m < draw.size(); ++m) draw[m] = means[m] + deviations[m] * random.Normal();
    sum += gain(draw);
  }
  return sum / kDraws;
}

TEST(MeritTest, IsTheLogarithmOfTheExpectedGrowthOfTheHypervolume) {
  const std::vector<double> means = {0.9, 1.2, 1.1};
  const std::vector<double> deviations = {0.5, 0.3, 0.4};
  const auto merit = HypervolumeMerit({NonDominatedBoxes({kFront, 3}, kReference)});
  const double expected = Expected(means, deviations, [](const std::vector<double>& draw) {
    return HypervolumeGain({kFront, 3}, draw, kReference);
  });
  EXPECT_NEAR(merit->Value(0, means, deviations, nullptr), std::log(expected), 0.02);
}

TEST(MeritTest, IsTheLogarithmOfTheExpectedGrowthAlongRays) {
  const std::vector<double> means = {0.9, 1.2, 0.4, 0.8};
  const std::vector<double> deviations = {0.5, 0.9, 0.4, 0.2};
  const Rays rays = TestRays();
  const double expected = Expected(means, deviations, [&](const std::vector<double>& draw) {
    double growth = 0;
    for (int ray = 0; ray < 2; ++ray) {
      double reached = std::numeric_limits<double>::infinity();
      for (int m = 0; m < 4; ++m) {
        reached = std::min(reached, (rays.reference[m] - draw[m]) / rays.directions(m, ray));
      }
      const double before = rays.reached(ray, 0);
      if (reached > before) growth += std::pow(reached, 4) - std::pow(before, 4);
    }
    return growth;
  });
  EXPECT_NEAR(RaysMerit(rays)->Value(0, means, deviations, nullptr), std::log(expected), 0.1);
}

// Boxes share sides: what is worked out once for all of them is what each would say.
TEST(MeritTest, TheExpectedHypervolumeIsTheSumOverItsBoxes) {
  const std::vector<double> means = {0.9, 1.2, 1.1};
  const std::vector<double> deviations = {0.5, 0.3, 0.4};
  const Boxes boxes = NonDominatedBoxes({kFront, 3}, kReference);
  double sum = 0;
  for (int k = 0; k < boxes.size(); ++k) {
    const absl::Span<const double> lower = boxes.lower_row(k);
    const absl::Span<const double> upper = boxes.upper_row(k);
    const Boxes alone = {
        .width = 3, .lower = {lower.begin(), lower.end()}, .upper = {upper.begin(), upper.end()}};
    sum += std::exp(HypervolumeMerit({alone})->Value(0, means, deviations, nullptr));
  }
  EXPECT_NEAR(HypervolumeMerit({boxes})->Value(0, means, deviations, nullptr), std::log(sum), 1e-9);
}

TEST(MeritTest, ConstraintsMultiplyByTheirProbability) {
  const auto improvement = ImprovementMerit(AcquisitionKind::kLogExpectedImprovement, {0.3});
  const auto constrained =
      ConstrainedMerit(ImprovementMerit(AcquisitionKind::kLogExpectedImprovement, {0.3}), {1.0});
  const double alone = improvement->Value(0, {0.5}, {0.4}, nullptr);
  // The bound is the median, so that the probability is a half.
  EXPECT_NEAR(constrained->Value(0, {0.5, 1.0}, {0.4, 0.7}, nullptr), alone + std::log(0.5), 1e-12);
}

}  // namespace
}  // namespace qalam::gp
