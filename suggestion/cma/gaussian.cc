#include "suggestion/cma/gaussian.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace qalam {
namespace {

// The largest ratio of the extreme eigenvalues of C with which sampling is still exact enough.
constexpr double kMaxCondition = 1e14;

double Norm(absl::Span<const double> x) { return std::sqrt(Dot(x, x)); }

// Shortens `y`, of the given length, to at most `limit`.
void Shorten(absl::Span<double> y, double length, double limit) {
  if (!(length > limit)) return;
  for (double& element : y) element *= limit / length;
}

}  // namespace

struct CmaGaussian::Moved {
  std::vector<double> mean;
  double sigma;
  Matrix covariance;
  Cholesky factor;
};

CmaGaussian::CmaGaussian(std::vector<double> mean, double sigma, Options options)
    : options_(options),
      mean_(std::move(mean)),
      sigma_(sigma),
      scale_(mean_.size(), 1.0),
      path_sigma_(mean_.size()),
      path_c_(mean_.size()) {
  if (options_.separable) {
    diagonal_.assign(mean_.size(), 1.0);
  } else {
    covariance_ = Matrix::Identity(size());
  }
  if (options_.adapt_rates) {
    mean_rate_.emplace(0.1);
    covariance_rate_.emplace(0.03);
  }
  Factor();
}

CmaGaussian::CmaGaussian(std::vector<double> mean, const Matrix& covariance, Options options)
    : CmaGaussian(std::move(mean), 1.0, options) {
  if (size() == 0) return;
  double log_sum = 0;
  Cholesky factor;
  const bool full = !options_.separable && factor.Factor(covariance);
  if (full) {
    log_sum = factor.LogDeterminant();
  } else {
    for (int j = 0; j < size(); ++j) log_sum += std::log(covariance(j, j));
  }
  sigma_ = std::exp(log_sum / (2 * size()));
  for (int j = 0; j < size(); ++j) {
    if (options_.separable) diagonal_[j] = covariance(j, j) / (sigma_ * sigma_);
    for (int i = j; i < size() && !options_.separable; ++i) {
      covariance_(i, j) = full || i == j ? covariance(i, j) / (sigma_ * sigma_) : 0;
    }
  }
  Factor();
}

double CmaGaussian::Deviation(int j) const {
  return sigma_ * scale_[j] * std::sqrt(CovarianceAt(j));
}

void CmaGaussian::Whiten(absl::Span<double> y) const {
  if (!options_.separable) return factor_.SolveLower(y);
  for (size_t j = 0; j < y.size(); ++j) y[j] /= std::sqrt(diagonal_[j]);
}

void CmaGaussian::Colour(absl::Span<double> z) const {
  if (!options_.separable) return factor_.MultiplyLower(z);
  for (size_t j = 0; j < z.size(); ++j) z[j] *= std::sqrt(diagonal_[j]);
}

std::vector<double> CmaGaussian::Whitened(absl::Span<const double> y) const {
  std::vector<double> z(y.begin(), y.end());
  Whiten(absl::MakeSpan(z));
  return z;
}

std::vector<double> CmaGaussian::Point(absl::Span<const double> z, double widening) const {
  std::vector<double> point(z.begin(), z.end());
  Colour(absl::MakeSpan(point));
  for (size_t j = 0; j < point.size(); ++j) {
    point[j] = mean_[j] + widening * sigma_ * scale_[j] * point[j];
  }
  return point;
}

void CmaGaussian::Update(const Matrix& points, const std::vector<bool>& foreign,
                         const CmaWeights& weights) {
  if (size() == 0 || broken_) return;
  const double n = size();
  std::optional<Moved> before;
  if (mean_rate_.has_value()) before = Moved{mean_, sigma_, covariance_, factor_};
  // y: the members as deviations from the mean in units of sigma A.
  Matrix y = points;
  std::vector<double> lengths(static_cast<size_t>(y.cols()));  // after whitening
  bool any_foreign = false;
  for (int i = 0; i < y.cols(); ++i) {
    const absl::Span<double> column = y.col(i);
    for (int j = 0; j < size(); ++j) column[j] = (column[j] - mean_[j]) / (sigma_ * scale_[j]);
    lengths[i] = Norm(Whitened(column));
    if (!foreign[i]) continue;
    any_foreign = true;
    const double limit = std::sqrt(n) + 2 * n / (n + 2);
    Shorten(column, lengths[i], limit);
    lengths[i] = std::min(lengths[i], limit);
  }
  ++generation_;
  MoveMean(y, any_foreign, weights);
  const double length = Norm(path_sigma_);
  const double settled = std::sqrt(1 - std::pow(1 - weights.c_sigma, 2 * generation_));
  const bool path_is_short = length / settled < (1.4 + 2 / (n + 1)) * weights.chi_n;
  LearnCovariance(y, lengths, path_is_short, weights);
  sigma_ *=
      std::exp(std::min(1.0, weights.c_sigma / weights.d_sigma * (length / weights.chi_n - 1)));
  Factor();
  if (before.has_value() && !broken_) AdaptRates(*before);
}

// Moves the mean and both paths; path_c_ holds the step alone until LearnCovariance.
void CmaGaussian::MoveMean(const Matrix& y, bool any_foreign, const CmaWeights& weights) {
  const double n = size();
  std::vector<double> step = Multiply(y, weights.mean);
  std::vector<double> white = Whitened(step);
  if (any_foreign) {
    const double length = std::sqrt(weights.mu_eff) * Norm(white);
    const double limit = std::sqrt(2 * n) + 2 * n / (n + 2);
    Shorten(absl::MakeSpan(step), length, limit);
    Shorten(absl::MakeSpan(white), length, limit);
  }
  const double c = weights.c_sigma;
  const double gain = std::sqrt(c * (2 - c) * weights.mu_eff);
  const double gain_c = std::sqrt(weights.c_c * (2 - weights.c_c) * weights.mu_eff);
  double length = 0;
  for (int j = 0; j < size(); ++j) {
    mean_[j] += sigma_ * scale_[j] * step[j];
    path_sigma_[j] = (1 - c) * path_sigma_[j] + gain * white[j];
    length += path_sigma_[j] * path_sigma_[j];
    path_c_[j] *= 1 - weights.c_c;
  }
  const double settled = std::sqrt(1 - std::pow(1 - c, 2 * generation_));
  if (std::sqrt(length) / settled < (1.4 + 2 / (n + 1)) * weights.chi_n) {
    AddScaled(gain_c, step, absl::MakeSpan(path_c_));
  }
}

void CmaGaussian::LearnCovariance(const Matrix& y, absl::Span<const double> lengths,
                                  bool path_is_short, const CmaWeights& weights) {
  const double n = size();
  double weight_sum = 0;
  Matrix weighted = y;
  for (int i = 0; i < y.cols(); ++i) {
    double weight = weights.covariance[i];
    weight_sum += weight;
    // Keeps C positive definite whatever the length of a bad step.
    if (weight < 0) weight *= n / std::max(lengths[i] * lengths[i], 1e-12);
    for (double& element : weighted.col(i)) element *= weights.c_mu * weight;
  }
  const double lost = path_is_short ? 0 : weights.c_1 * weights.c_c * (2 - weights.c_c);
  const double kept = 1 + lost - weights.c_1 - weights.c_mu * weight_sum;
  if (options_.separable) {
    for (int j = 0; j < size(); ++j) {
      diagonal_[j] = kept * diagonal_[j] + weights.c_1 * path_c_[j] * path_c_[j];
      for (int i = 0; i < y.cols(); ++i) diagonal_[j] += weighted(j, i) * y(j, i);
    }
    return;
  }
  const Matrix outer = MultiplyTransposedRight(weighted, y);
  for (int j = 0; j < size(); ++j) {
    for (int i = j; i < size(); ++i) {
      covariance_(i, j) =
          kept * covariance_(i, j) + weights.c_1 * path_c_[i] * path_c_[j] + outer(i, j);
    }
  }
}

// Blends what was before with what the update made of it, by factors that it adapts on the way.
void CmaGaussian::AdaptRates(const Moved& before) {
  const int n = size();
  std::vector<double> step(mean_.size());
  for (int j = 0; j < n; ++j) step[j] = (mean_[j] - before.mean[j]) / (before.sigma * scale_[j]);
  before.factor.SolveLower(absl::MakeSpan(step));
  const double old_rate = mean_rate_->factor();
  mean_rate_->Adapt(step);
  // L^-1 (new - old) L'^-1 / sqrt 2, where old = sigma^2 C.
  const double grown = sigma_ * sigma_ / (before.sigma * before.sigma);
  Matrix change(n, n);
  for (int j = 0; j < n; ++j) {
    for (int i = j; i < n; ++i) {
      change(i, j) = change(j, i) = grown * covariance_(i, j) - before.covariance(i, j);
    }
  }
  Matrix white = change;
  before.factor.SolveLower(white);
  Matrix transposed(n, n);
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < n; ++i) transposed(j, i) = white(i, j) / std::sqrt(2.0);
  }
  before.factor.SolveLower(transposed);
  covariance_rate_->Adapt(absl::MakeConstSpan(transposed.data(), static_cast<size_t>(n) * n));

  const double rate = covariance_rate_->factor();
  for (int j = 0; j < n; ++j) {
    mean_[j] = before.mean[j] + mean_rate_->factor() * (mean_[j] - before.mean[j]);
    for (int i = j; i < n; ++i) {
      covariance_(i, j) = before.covariance(i, j) + rate * change(i, j);
    }
  }
  Factor();
  if (broken_) return;
  // sigma^2 is the n-th root of the determinant; slower means need larger steps (section 3.4).
  const double root = std::exp(factor_.LogDeterminant() / n);
  for (int j = 0; j < n; ++j) {
    for (int i = j; i < n; ++i) covariance_(i, j) /= root;
  }
  sigma_ = before.sigma * std::sqrt(root) * old_rate / mean_rate_->factor();
  Factor();
}

void CmaGaussian::Factor() {
  if (options_.separable) {
    for (double& variance : diagonal_) {
      broken_ = broken_ || !std::isfinite(variance);
      variance = std::max(variance, 1e-300);
    }
    return;
  }
  // Rounding may make C slightly indefinite: a little more of the diagonal heals it.
  for (double jitter = 0; !factor_.Factor(covariance_); jitter = std::max(1e-14, jitter * 10)) {
    if (jitter > 1e-4) {
      broken_ = true;
      covariance_ = Matrix::Identity(size());
      factor_.Factor(covariance_);
      return;
    }
    for (int j = 0; j < size(); ++j) {
      covariance_(j, j) += jitter * std::max(std::fabs(covariance_(j, j)), 1e-300);
    }
  }
}

void CmaGaussian::Place(int j, double mean, double deviation) {
  mean_[j] = mean;
  const double unscaled = sigma_ * std::sqrt(CovarianceAt(j));
  if (unscaled > 0) scale_[j] = deviation / unscaled;
}

void CmaGaussian::LimitDeviations(double limit) {
  double largest = 0;
  for (int j = 0; j < size(); ++j) largest = std::max(largest, Deviation(j));
  if (largest > limit) sigma_ *= limit / largest;
}

bool CmaGaussian::Degenerate() const {
  if (size() == 0) return false;
  double least = std::numeric_limits<double>::infinity();
  double greatest = 0;
  for (int j = 0; j < size(); ++j) {
    const double root = options_.separable ? std::sqrt(diagonal_[j]) : factor_.At(j, j);
    least = std::min(least, root);
    greatest = std::max(greatest, root);
  }
  return broken_ || !std::isfinite(sigma_) || !(sigma_ > 0) ||
         greatest * greatest > kMaxCondition * least * least;
}

}  // namespace qalam
