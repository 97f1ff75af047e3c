#include "suggestion/gp/posterior.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qalam::gp {
namespace {

// Variances are differences of numbers of the kernel's size: below this share they are rounding.
constexpr double kLeastVariance = 1e-12;
// Noise that is added when a matrix is singular, as a share of the kernel's variance, and by how
// much it grows at each attempt. The last attempts make any matrix regular.
constexpr double kFirstJitter = 1e-10;
constexpr double kJitterGrowth = 100;
// The noise of what possible worlds show, as a share of the function's variance: enough to keep
// points that are close together apart.
constexpr double kWorldNoise = 1e-4;

void AddToDiagonal(Matrix& matrix, double value) {
  for (int i = 0; i < matrix.rows(); ++i) matrix(i, i) += value;
}

}  // namespace

Posterior::Posterior(Kernel kernel, PosteriorData data, CovarianceCache* cache)
    : kernel_(std::move(kernel)),
      data_(std::move(data)),
      warped_(kernel_.WarpedPoints(data_.points)) {
  FactorWithJitter(Gram(cache));
  const int n = data_.points.rows();
  const int observed = static_cast<int>(data_.values.size());
  const std::vector<double> prior = PriorAtPoints();
  for (int i = 0; i < observed; ++i) data_.values[i] -= prior[i];
  // With L the factor, the value of pending point p is that of the mean plus L_pp z: in the basis
  // L^-1 its coordinate is z itself.
  Matrix whitened(n, data_.fantasies.cols());
  std::vector<double> first = data_.values;
  first.resize(static_cast<size_t>(n));
  cholesky_.SolveLower(absl::MakeSpan(first));
  for (int r = 0; r < whitened.cols(); ++r) {
    std::copy_n(first.begin(), observed, whitened.col(r).begin());
    for (int p = 0; p < n - observed; ++p) whitened(observed + p, r) = data_.fantasies(p, r);
  }
  alphas_ = whitened;
  cholesky_.SolveUpper(alphas_);
  smoothed_ = Matrix(n, whitened.cols());
  for (int r = 0; r < whitened.cols(); ++r) {
    for (int i = 0; i < n; ++i) {
      // y = K alpha with K = k + noise, so k alpha = y - noise alpha.
      double value = i < observed ? data_.values[i] : 0;
      if (i >= observed) {
        for (int j = 0; j <= i; ++j) value += cholesky_.At(i, j) * whitened(j, r);
      }
      const double noise = kernel_.parameters().noise + data_.extra_noise[i];
      smoothed_(i, r) = prior[i] + value - noise * alphas_(i, r);
    }
  }
}

Posterior::Posterior(const Posterior& noisy, const Matrix& normals, CovarianceCache* cache)
    : kernel_(noisy.kernel_.WithNoise(kWorldNoise * (noisy.kernel_.parameters().signal +
                                                     noisy.kernel_.parameters().additive_signal))),
      data_(noisy.data_),
      warped_(noisy.warped_) {
  std::fill(data_.extra_noise.begin(), data_.extra_noise.end(), 0.0);
  const Matrix gram = Gram(cache);
  FactorWithJitter(gram);
  const int n = data_.points.rows();
  const std::vector<double> prior = PriorAtPoints();
  alphas_ = Matrix(n, normals.cols());
  smoothed_ = Matrix(n, normals.cols());
  for (int r = 0; r < normals.cols(); ++r) {
    // A draw before any data, f = L z, and what the data make of its distance from them, c: the
    // world is f + K c, so that its weights are L'^-1 z + c.
    const absl::Span<const double> z = normals.col(r).subspan(0, static_cast<size_t>(n));
    std::vector<double> world(z.begin(), z.end());
    cholesky_.MultiplyLower(absl::MakeSpan(world));
    std::vector<double> correction(static_cast<size_t>(n));
    for (int i = 0; i < observed(); ++i) {
      const double noise = noisy.kernel_.parameters().noise + noisy.data_.extra_noise[i];
      correction[i] = data_.values[i] - world[i] - std::sqrt(noise) * normals(n + i, r);
    }
    noisy.SolveObserved(absl::MakeSpan(correction));
    const absl::Span<double> alpha = alphas_.col(r);
    std::copy(z.begin(), z.end(), alpha.begin());
    cholesky_.SolveUpper(alpha);
    AddScaled(1, correction, alpha);
    for (int i = 0; i < n; ++i) {
      double value = prior[i] + world[i];
      for (int j = 0; j < observed(); ++j) {
        value += gram(std::max(i, j), std::min(i, j)) * correction[j];
      }
      smoothed_(i, r) = value;
    }
  }
}

Matrix Posterior::Gram(CovarianceCache* cache) const {
  CovarianceCache empty;
  Matrix gram = (cache != nullptr ? *cache : empty).Get(kernel_, warped_);
  kernel_.AddNoise(data_.extra_noise, gram);
  return gram;
}

void Posterior::FactorWithJitter(Matrix gram) {
  double jitter = kFirstJitter * kernel_.Variance();
  while (!cholesky_.Factor(gram) && jitter < 1e6 * kernel_.Variance()) {
    AddToDiagonal(gram, jitter);
    jitter *= kJitterGrowth;
  }
}

// values := K^-1 values as if there were no pending points; `values` has an element for each of
// those, too, which becomes 0. A leading part of a factor is the factor of a leading part.
void Posterior::SolveObserved(absl::Span<double> values) const {
  cholesky_.SolveLower(values);
  std::fill(values.begin() + observed(), values.end(), 0.0);
  cholesky_.SolveUpper(values);
}

std::vector<double> Posterior::PriorAtPoints() const {
  if (data_.mean == nullptr) return std::vector<double>(static_cast<size_t>(data_.points.rows()));
  Matrix xs(data_.points.cols(), data_.points.rows());
  for (int j = 0; j < xs.cols(); ++j) {
    for (int d = 0; d < xs.rows(); ++d) xs(d, j) = data_.points(j, d);
  }
  return data_.mean->At(xs);
}

void Posterior::AddPriorMean(const Matrix& xs, Matrix& means) const {
  if (data_.mean == nullptr) return;
  const std::vector<double> prior = data_.mean->At(xs);
  for (int j = 0; j < means.cols(); ++j) {
    for (double& mean : means.col(j)) mean += prior[j];
  }
}

double Posterior::FloorOfVariance(double variance) const {
  return std::max(variance, kLeastVariance * kernel_.Variance());
}

void Posterior::RowGradient(absl::Span<const double> x, absl::Span<const double> warped,
                            const Matrix& slopes, absl::Span<const double> weights,
                            absl::Span<double> gradient) const {
  kernel_.RowGradient(warped_, warped, slopes, weights, gradient);
  kernel_.UnwarpGradient(x, gradient);
}

Predictions Posterior::Predict(const Matrix& xs) const {
  Matrix rows = kernel_.Rows(warped_, kernel_.WarpedColumns(xs));
  Predictions predictions;
  predictions.means = MultiplyTransposedLeft(alphas_, rows);
  AddPriorMean(xs, predictions.means);
  cholesky_.SolveLower(rows);
  for (int j = 0; j < xs.cols(); ++j) {
    predictions.variances.push_back(
        FloorOfVariance(kernel_.Variance() - Dot(rows.col(j), rows.col(j))));
  }
  return predictions;
}

LocalPredictions Posterior::PredictLocal(const Matrix& xs) const {
  const int n = data_.points.rows();
  const Matrix warped_xs = kernel_.WarpedColumns(xs);
  LocalPredictions local;
  local.weights = Matrix(n, xs.cols());
  for (int j = 0; j < xs.cols(); ++j) {
    local.slopes.emplace_back(n, kernel_.slope_columns());
    kernel_.RowWithSlopes(warped_, warped_xs.col(j), local.weights.col(j), local.slopes.back());
  }
  local.means = MultiplyTransposedLeft(alphas_, local.weights);
  AddPriorMean(xs, local.means);
  cholesky_.SolveLower(local.weights);
  for (int j = 0; j < xs.cols(); ++j) {
    local.variances.push_back(
        FloorOfVariance(kernel_.Variance() - Dot(local.weights.col(j), local.weights.col(j))));
  }
  cholesky_.SolveUpper(local.weights);
  return local;
}

void Posterior::AddGradients(const Matrix& xs, const LocalPredictions& local,
                             const Matrix& mean_derivatives,
                             absl::Span<const double> variance_derivatives,
                             Matrix& gradients) const {
  // mean_r = row' alpha_r and variance = k(x, x) - row' K^-1 row, so that all depends on the row.
  Matrix weights = Multiply(alphas_, mean_derivatives);
  const Matrix warped_xs = kernel_.WarpedColumns(xs);
  std::vector<double> gradient(static_cast<size_t>(axes()));
  for (int j = 0; j < xs.cols(); ++j) {
    AddScaled(-2 * variance_derivatives[j], local.weights.col(j), weights.col(j));
    RowGradient(xs.col(j), warped_xs.col(j), local.slopes[j], weights.col(j),
                absl::MakeSpan(gradient));
    AddScaled(1, gradient, gradients.col(j));
  }
  if (data_.mean == nullptr) return;
  std::vector<double> sums(static_cast<size_t>(xs.cols()));
  for (int j = 0; j < xs.cols(); ++j) {
    for (const double derivative : mean_derivatives.col(j)) sums[j] += derivative;
  }
  data_.mean->AddGradients(xs, sums, gradients);
}

Matrix Posterior::Means(const Matrix& xs) const {
  Matrix means = MultiplyTransposedLeft(alphas_, kernel_.Rows(warped_, kernel_.WarpedColumns(xs)));
  AddPriorMean(xs, means);
  return means;
}

void Posterior::AddMeanGradients(const Matrix& xs, absl::Span<const double> weights,
                                 Matrix& gradients) const {
  const int n = data_.points.rows();
  const Matrix warped_xs = kernel_.WarpedColumns(xs);
  Matrix slopes(n, kernel_.slope_columns());
  std::vector<double> row(static_cast<size_t>(n));
  std::vector<double> gradient(static_cast<size_t>(axes()));
  for (int j = 0; j < xs.cols(); ++j) {
    kernel_.RowWithSlopes(warped_, warped_xs.col(j), absl::MakeSpan(row), slopes);
    RowGradient(xs.col(j), warped_xs.col(j), slopes, alphas_.col(0), absl::MakeSpan(gradient));
    AddScaled(weights[j], gradient, gradients.col(j));
  }
  if (data_.mean != nullptr) data_.mean->AddGradients(xs, weights, gradients);
}

}  // namespace qalam::gp
