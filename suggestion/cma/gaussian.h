#ifndef QALAM_SUGGESTION_CMA_GAUSSIAN_H_
#define QALAM_SUGGESTION_CMA_GAUSSIAN_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/cma/learning_rate.h"
#include "suggestion/cma/weights.h"

namespace qalam {

// The search distribution N(m, sigma^2 A C A) of CMA-ES over n coordinates of the unit cube, and
// its update from a ranked generation (Hansen, arXiv 1604.00772). A is the diagonal that margins
// correct. Sampling and whitening use the Cholesky factor of C instead of its root (Krause, Arbones
// and Igel, NIPS 2016): the same distribution at a fraction of the cost of an eigendecomposition.
// The separable form keeps the diagonal of C only.
class CmaGaussian {
 public:
  struct Options {
    bool separable = false;
    // Adapt learning rates to noise; needs the full form.
    bool adapt_rates = false;
  };
  // C is the identity.
  CmaGaussian(std::vector<double> mean, double sigma, Options options);
  // N(mean, covariance); sigma becomes the n-th root of the product of the standard deviations. A
  // covariance that is not positive definite is replaced by its diagonal.
  CmaGaussian(std::vector<double> mean, const Matrix& covariance, Options options);

  int size() const { return static_cast<int>(mean_.size()); }
  const std::vector<double>& mean() const { return mean_; }
  double sigma() const { return sigma_; }
  // The standard deviation of coordinate j.
  double Deviation(int j) const;
  // The point m + widening sigma A L z of a standard normal z.
  std::vector<double> Point(absl::Span<const double> z, double widening) const;

  // Learns from the members of a generation: column i of `points` (n x members) is the i-th best.
  // `foreign[i]`: the member was not drawn from this distribution; its distance from the mean is
  // limited (injection: Hansen, "Injecting external solutions into CMA-ES", arXiv 1110.4181).
  void Update(const Matrix& points, const std::vector<bool>& foreign, const CmaWeights& weights);
  // Gives coordinate j this mean, and by A this standard deviation.
  void Place(int j, double mean, double deviation);
  // Scales sigma so that no standard deviation exceeds `limit`.
  void LimitDeviations(double limit);
  // True when the distribution is of no more use: numerically singular, or not finite.
  bool Degenerate() const;

 private:
  struct Moved;  // mean and covariance before an update, for the adaptation of learning rates

  double CovarianceAt(int j) const { return options_.separable ? diagonal_[j] : covariance_(j, j); }
  void Whiten(absl::Span<double> y) const;
  void Colour(absl::Span<double> z) const;
  std::vector<double> Whitened(absl::Span<const double> y) const;
  void MoveMean(const Matrix& y, bool any_foreign, const CmaWeights& weights);
  void LearnCovariance(const Matrix& y, absl::Span<const double> lengths, bool path_is_short,
                       const CmaWeights& weights);
  void AdaptRates(const Moved& before);
  void Factor();

  Options options_;
  std::vector<double> mean_;
  double sigma_;
  std::vector<double> scale_;     // A
  Matrix covariance_;             // C, lower triangle; empty in the separable form
  std::vector<double> diagonal_;  // C of the separable form
  Cholesky factor_;               // L of C
  bool broken_ = false;
  std::vector<double> path_sigma_, path_c_;
  int generation_ = 0;
  std::optional<LearningRate> mean_rate_, covariance_rate_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_GAUSSIAN_H_
