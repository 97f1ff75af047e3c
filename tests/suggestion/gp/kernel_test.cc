#include "suggestion/gp/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/gp/acquisition.h"
#include "suggestion/gp/covariance_cache.h"
#include "suggestion/gp/fit.h"
#include "suggestion/gp/posterior.h"

namespace qalam::gp {
namespace {

// Three axes, of which the last has categories 0, 1, 2.
const std::vector<bool> kCategorical = {false, false, true};

// What a kernel is made of besides its joint part.
struct Parts {
  bool additive = false;
  bool warped = false;
};

KernelParameters TestParameters(Parts parts) {
  KernelParameters parameters{.lengthscales = {0.5, 0.3, 1.2}, .signal = 0.8, .noise = 1e-3};
  if (parts.additive) {
    parameters.additive_lengthscales = {0.2, 0.6, 0.9};
    parameters.additive_signal = 0.4;
  }
  if (parts.warped) parameters.input_warps = {1.5, -0.8, 0};
  return parameters;
}

Matrix RandomPoints(int count, uint64_t seed) {
  RandomStream random(seed, 0, "points");
  Matrix points(count, 3);
  for (int i = 0; i < count; ++i) {
    points(i, 0) = random.Uniform();
    points(i, 1) = random.Uniform();
    points(i, 2) = static_cast<double>(random.Below(3));
  }
  return points;
}

std::vector<double> Values(const Matrix& points) {
  std::vector<double> values;
  for (int i = 0; i < points.rows(); ++i) {
    values.push_back(std::sin(5 * points(i, 0)) + points(i, 1) * points(i, 1) - 0.5 * points(i, 2));
  }
  return values;
}

Posterior MakeTestPosterior(Parts parts, int pending) {
  PosteriorData data;
  data.points = RandomPoints(12 + pending, 1);
  data.values = Values(data.points);
  data.values.resize(12);
  data.extra_noise.assign(static_cast<size_t>(data.points.rows()), 0.0);
  data.fantasies = Matrix(pending, pending == 0 ? 1 : 4);
  RandomStream random(2, 0, "fantasies");
  for (int r = 0; pending > 0 && r < 4; ++r) {
    for (double& z : data.fantasies.col(r)) z = random.Normal();
  }
  return Posterior(Kernel(kCategorical, TestParameters(parts)), std::move(data));
}

Matrix Column(const std::vector<double>& x) {
  Matrix column(static_cast<int>(x.size()), 1);
  std::copy(x.begin(), x.end(), column.col(0).begin());
  return column;
}

class KernelTest : public testing::TestWithParam<Parts> {};

TEST_P(KernelTest, RowsAreWhatTheFormulaSays) {
  const KernelParameters p = TestParameters(GetParam());
  const Kernel kernel(kCategorical, p);
  const auto matern = [](double q) {
    const double a = std::sqrt(5 * q);
    return (1 + a + a * a / 3) * std::exp(-a);
  };
  Matrix points(1, 3);
  points(0, 0) = 0.9;
  points(0, 1) = 0.2;
  points(0, 2) = 1;
  std::vector<double> row(1);
  kernel.Row(points, 0, {0.4, 0.2, 2}, absl::MakeSpan(row));
  double expected = Kernel::kMeanVariance + 0.8 * matern(0.25 / (0.5 * 0.5) + 1 / (1.2 * 1.2));
  if (p.additive()) expected += 0.4 / 3 * (matern(0.25 / 0.04) + 1 + matern(1 / 0.81));
  EXPECT_NEAR(row[0], expected, 1e-14);
}

TEST_P(KernelTest, RowsOfManyPointsAreThoseOfEach) {
  const Kernel kernel(kCategorical, TestParameters(GetParam()));
  const Matrix points = RandomPoints(11, 4);
  Matrix xs(3, 8);
  for (int j = 0; j < xs.cols(); ++j) {
    xs(0, j) = j < 5 ? 0.25 : 0.1 * j;  // some equal, some not
    xs(1, j) = 0.5 * (j % 2);
    xs(2, j) = j % 3;
  }
  const Matrix rows = kernel.Rows(points, xs);
  std::vector<double> row(11);
  for (int j = 0; j < xs.cols(); ++j) {
    kernel.Row(points, 0, xs.col(j), absl::MakeSpan(row));
    EXPECT_EQ(absl::MakeConstSpan(row), rows.col(j)) << j;
  }
}

TEST_P(KernelTest, CachedCovariancesAreThoseWorkedOutAnew) {
  KernelParameters parameters = TestParameters(GetParam());
  CovarianceCache cache;
  const auto expect_equal = [&](const Matrix& points) {
    const Kernel kernel(kCategorical, parameters);
    const Matrix& cached = cache.Get(kernel, points);
    const Matrix anew = kernel.Covariances(points, Matrix(), 0);
    ASSERT_EQ(cached.rows(), points.rows());
    for (int j = 0; j < points.rows(); ++j) {
      for (int i = j; i < points.rows(); ++i) ASSERT_EQ(cached(i, j), anew(i, j)) << i << "," << j;
    }
  };
  Matrix points = RandomPoints(13, 5);
  expect_equal(points);
  expect_equal(points);
  parameters.noise = 0.3;  // is not part of them
  expect_equal(points);
  expect_equal(RandomPoints(6, 6));
  Matrix longer = RandomPoints(15, 7);
  for (int d = 0; d < 3; ++d) std::copy_n(points.col(d).begin(), 13, longer.col(d).begin());
  expect_equal(points);
  expect_equal(longer);
  longer(8, 1) = 0.123;  // a result that came late changes the order from there on
  expect_equal(longer);
  parameters.lengthscales[1] *= 2;
  expect_equal(longer);
  parameters.signal *= 2;
  expect_equal(longer);
  if (!GetParam().additive) return;
  parameters.additive_lengthscales[0] *= 2;
  expect_equal(longer);
  parameters.additive_signal *= 2;
  expect_equal(longer);
}

TEST_P(KernelTest, PosteriorInterpolatesAndItsVarianceGrowsAwayFromData) {
  const Posterior posterior = MakeTestPosterior(GetParam(), 0);
  const std::vector<double> values = Values(posterior.points());
  for (int i = 0; i < 12; ++i) {
    const std::vector<double> x = {posterior.points()(i, 0), posterior.points()(i, 1),
                                   posterior.points()(i, 2)};
    const Predictions predictions = posterior.Predict(Column(x));
    EXPECT_NEAR(predictions.means(0, 0), values[i], 0.1);
    EXPECT_NEAR(predictions.means(0, 0), posterior.smoothed()(i, 0), 1e-9);
    EXPECT_LT(predictions.variances[0], 1.1e-3);
  }
  EXPECT_GT(posterior.Predict(Column({5.0, 5.0, 1.0})).variances[0], 0.5);
}

TEST_P(KernelTest, PendingTrialsTakeVarianceAwayAndDoNotMoveTheAverage) {
  const Posterior posterior = MakeTestPosterior(GetParam(), 2);
  const std::vector<double> pending = {posterior.points()(12, 0), posterior.points()(12, 1),
                                       posterior.points()(12, 2)};
  const Predictions predictions = posterior.Predict(Column(pending));
  EXPECT_LT(predictions.variances[0], 1.1e-3);
  // Each fantasy predicts its own outcome there.
  EXPECT_NEAR(predictions.means(1, 0), posterior.smoothed()(12, 1), 1e-9);
  EXPECT_NE(predictions.means(0, 0), predictions.means(1, 0));
}

TEST_P(KernelTest, PredictionsWithGradientsAreThoseWithout) {
  const Posterior posterior = MakeTestPosterior(GetParam(), 2);
  const Matrix xs = Column({0.37, 0.51, 2});
  const Predictions plain = posterior.Predict(xs);
  const LocalPredictions local = posterior.PredictLocal(xs);
  EXPECT_NEAR(plain.variances[0], local.variances[0], 1e-12);
  for (int r = 0; r < 4; ++r) EXPECT_NEAR(plain.means(r, 0), local.means(r, 0), 1e-12);
}

TEST_P(KernelTest, GradientsOfAcquisitionsAreTheirDerivatives) {
  for (const int pending : {0, 2}) {
    const std::vector<Posterior> posteriors = {MakeTestPosterior(GetParam(), pending)};
    for (const AcquisitionKind kind :
         {AcquisitionKind::kLogExpectedImprovement, AcquisitionKind::kLogProbabilityOfImprovement,
          AcquisitionKind::kLowerConfidenceBound}) {
      const Acquisition acquisition(ImprovementMerit(kind, {-0.4, -0.2, 0.1, -0.3}), posteriors);
      const std::vector<double> x = {0.33, 0.71, 1};
      Matrix gradients;
      const double value = acquisition.EvaluateWithGradients(Column(x), gradients)[0];
      EXPECT_NEAR(acquisition.Evaluate(Column(x))[0], value, 1e-9);
      for (int d = 0; d < 2; ++d) {
        std::vector<double> above = x;
        std::vector<double> below = x;
        above[d] += 1e-6;
        below[d] -= 1e-6;
        const double difference =
            (acquisition.Evaluate(Column(above))[0] - acquisition.Evaluate(Column(below))[0]) /
            2e-6;
        EXPECT_NEAR(gradients(d, 0), difference, 1e-4 * (1 + std::abs(difference)));
      }
      EXPECT_EQ(gradients(2, 0), 0);
    }
  }
}

TEST_P(KernelTest, GradientOfTheFitIsItsDerivative) {
  FitData data{
      .categorical = kCategorical, .length_shifts = {0.5, -0.5, 0}, .points = RandomPoints(15, 3)};
  data.values = Values(data.points);
  data.extra_noise.assign(15, 0.0);
  data.extra_noise[4] = 0.1;
  std::vector<double> logs = GetParam().additive
                                 ? std::vector<double>{-0.5, 0.2, 0.1, -1, 0.3, -0.2, -0.4, -1, -4}
                                 : std::vector<double>{-0.5, 0.2, 0.1, -0.4, -4};
  if (GetParam().warped) logs.insert(logs.end(), {1.7, -0.6, 0});
  LogPosterior posterior(data, GetParam().additive, GetParam().warped);
  ASSERT_EQ(posterior.size(), static_cast<int>(logs.size()));
  std::vector<double> gradient(logs.size());
  std::vector<double> unused(logs.size());
  posterior.NegativeWithGradient(logs, absl::MakeSpan(gradient));
  for (size_t i = 0; i < logs.size(); ++i) {
    SCOPED_TRACE(i);
    std::vector<double> above = logs;
    std::vector<double> below = logs;
    above[i] += 1e-6;
    below[i] -= 1e-6;
    const double difference = (posterior.NegativeWithGradient(above, absl::MakeSpan(unused)) -
                               posterior.NegativeWithGradient(below, absl::MakeSpan(unused))) /
                              2e-6;
    EXPECT_NEAR(gradient[i], difference, 1e-4 * (1 + std::abs(difference)));
  }
}

TEST(KernelWarpTest, CovariancesAreThoseOfWarpedCoordinates) {
  const Kernel kernel(kCategorical, TestParameters({.warped = true}));
  const Matrix points = kernel.WarpedPoints(RandomPoints(5, 1));
  Matrix xs(3, 5);
  const Matrix raw = RandomPoints(5, 1);
  for (int j = 0; j < 5; ++j) {
    for (int d = 0; d < 3; ++d) xs(d, j) = raw(j, d);
  }
  const Matrix columns = kernel.WarpedColumns(xs);
  for (int j = 0; j < 5; ++j) {
    EXPECT_GT(points(j, 0), raw(j, 0));  // drawn away from 0
    EXPECT_LT(points(j, 1), raw(j, 1));
    EXPECT_EQ(points(j, 2), raw(j, 2));
    for (int d = 0; d < 3; ++d) EXPECT_EQ(columns(d, j), points(j, d));
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, KernelTest,
                         testing::Values(Parts{}, Parts{.additive = true}, Parts{.warped = true},
                                         Parts{.additive = true, .warped = true}),
                         [](const testing::TestParamInfo<Parts>& info) {
                           const std::string name = info.param.additive ? "Additive" : "JointOnly";
                           return name + (info.param.warped ? "Warped" : "");
                         });

TEST(FitTest, TakesEqualValuesRepeatedPointsAndASinglePoint) {
  for (const int count : {1, 2, 20}) {
    FitData data{.categorical = kCategorical, .points = Matrix(count, 3)};
    data.values.assign(static_cast<size_t>(count), 0.0);
    data.extra_noise.assign(static_cast<size_t>(count), 0.0);
    const Fit fit = FitHyperparameters(data, {});
    EXPECT_TRUE(std::isfinite(fit.loss));
    EXPECT_GT(fit.parameters.noise, 0);
  }
}

TEST(FitTest, FindsWhichAxisMattersAndHowMuchNoiseThereIs) {
  RandomStream random(7, 0, "noise");
  FitData data{.categorical = kCategorical, .points = RandomPoints(80, 5)};
  data.extra_noise.assign(80, 0.0);
  for (int i = 0; i < 80; ++i) {
    data.values.push_back(1.4 * std::sin(6 * data.points(i, 0)) + 0.1 * random.Normal());
  }
  const Fit fit = FitHyperparameters(data, {.additive = false});
  EXPECT_GT(fit.parameters.lengthscales[1], 3 * fit.parameters.lengthscales[0]);
  EXPECT_GT(fit.parameters.lengthscales[2], 3 * fit.parameters.lengthscales[0]);
  EXPECT_NEAR(fit.parameters.noise, 0.01, 0.006);
}

}  // namespace
}  // namespace qalam::gp
