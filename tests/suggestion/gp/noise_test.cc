// What the Gaussian process makes of noisy measurements.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/gp/belief.h"
#include "suggestion/gp/fit.h"
#include "suggestion/gp/posterior.h"
#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

// A wave of variance 1 along the first of three axes.
FitData Wave(int count) {
  RandomStream random(3, static_cast<uint64_t>(count), "wave");
  FitData data{.categorical = {false, false, false}, .points = Matrix(count, 3)};
  data.extra_noise.assign(static_cast<size_t>(count), 0.0);
  for (int i = 0; i < count; ++i) {
    for (int d = 0; d < 3; ++d) data.points(i, d) = random.Uniform();
    data.values.push_back(std::sqrt(2) * std::sin(6.28 * data.points(i, 0)));
  }
  return data;
}

class NoiseTest : public testing::TestWithParam<bool> {};

TEST_P(NoiseTest, WithoutNoiseNearlyNoneIsFitted) {
  const Fit fit = FitHyperparameters(Wave(60), {.thorough = true, .additive = GetParam()});
  EXPECT_LT(fit.parameters.noise, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Fit, NoiseTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "JointAndAdditive" : "JointOnly";
                         });

constexpr int kObserved = 10;
constexpr double kNoise = 0.2;

Posterior OnALine(int pending) {
  PosteriorData data;
  data.points = Matrix(kObserved + pending, 1);
  RandomStream points(4, 0, "points");
  RandomStream noise(4, 0, "noise");
  for (int i = 0; i < data.points.rows(); ++i) data.points(i, 0) = points.Uniform();
  for (int i = 0; i < kObserved; ++i) {
    data.values.push_back(std::sin(4 * data.points(i, 0)) + std::sqrt(kNoise) * noise.Normal());
  }
  data.extra_noise.assign(static_cast<size_t>(data.points.rows()), 0.0);
  data.extra_noise[2] = 0.3;  // a trial that was stopped early
  data.fantasies = Matrix(pending, 1);
  return Posterior(Kernel({false}, {.lengthscales = {0.4}, .signal = 0.9, .noise = kNoise}),
                   std::move(data));
}

// So many possible worlds of a posterior.
Posterior Worlds(const Posterior& posterior, int count) {
  Matrix normals(posterior.points().rows() + posterior.observed(), count);
  RandomStream random(5, 0, "normals");
  for (int r = 0; r < count; ++r) {
    for (double& z : normals.col(r)) z = random.Normal();
  }
  return Posterior(posterior, normals);
}

TEST(PossibleWorldsTest, AgreeInTheMeanAndTheSpreadWithWhatIsKnown) {
  constexpr int kCount = 4000;
  const Posterior known = OnALine(0);
  for (const int pending : {0, 2}) {
    const Posterior worlds = Worlds(OnALine(pending), kCount);
    ASSERT_EQ(worlds.fantasies(), kCount);
    Matrix xs(1, kObserved + pending + 1);
    for (int j = 0; j + 1 < xs.cols(); ++j) xs(0, j) = worlds.points()(j, 0);
    xs(0, xs.cols() - 1) = 0.33;
    const Predictions expected = known.Predict(xs);
    const Predictions predictions = worlds.Predict(xs);
    for (int j = 0; j < xs.cols(); ++j) {
      SCOPED_TRACE(j);
      double sum = 0;
      double squares = 0;
      for (const double mean : predictions.means.col(j)) {
        sum += mean / kCount;
        squares += mean * mean / kCount;
      }
      EXPECT_NEAR(sum, expected.means(0, j), 0.03);
      // What the worlds differ by, and what each of them does not know.
      EXPECT_NEAR(squares - sum * sum + predictions.variances[j], expected.variances[j],
                  0.1 * expected.variances[j]);
    }
  }
}

TEST(PossibleWorldsTest, EachIsSureOfItsValuesAtAllPoints) {
  const Posterior worlds = Worlds(OnALine(2), 3);
  for (int i = 0; i < kObserved + 2; ++i) {
    Matrix x(1, 1);
    x(0, 0) = worlds.points()(i, 0);
    const Predictions predictions = worlds.Predict(x);
    EXPECT_LT(predictions.variances[0], 1e-3);
    for (int r = 0; r < 3; ++r) {
      EXPECT_NEAR(predictions.means(r, 0), worlds.smoothed()(i, r), 0.05);
    }
  }
}

TEST(PossibleWorldsTest, AreImaginedWhereMeasurementsAreNoisyOnly) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  History history(space, Objective());
  for (int64_t i = 0; i < 6; ++i) {
    TrialRecord trial = PendingTrial(i, {0.15 * static_cast<double>(i)});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = static_cast<double>(i % 3);
    history.Put(trial);
  }
  TrialTable table(space, Objective());
  table.Update(history);
  for (const auto& [noise, kind, noisy] :
       {std::tuple(0.3, AcquisitionKind::kLogExpectedImprovement, true),
        std::tuple(0.3, AcquisitionKind::kLowerConfidenceBound, false),
        std::tuple(1e-5, AcquisitionKind::kLogExpectedImprovement, false)}) {
    FittedModel model;
    model.warp = OutputWarp(WarpShape::kIdentity, 0, {0, 1, 2});
    model.parameters = {.lengthscales = {0.3}, .signal = 0.8, .noise = noise};
    const Belief belief(table, {model}, {.kind = kind, .batch = {}});
    EXPECT_EQ(belief.noisy(), noisy);
    EXPECT_EQ(belief.posteriors().front().fantasies(), 1);
  }
}

}  // namespace
}  // namespace qalam::gp
