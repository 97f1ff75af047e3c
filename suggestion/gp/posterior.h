#ifndef QALAM_SUGGESTION_GP_POSTERIOR_H_
#define QALAM_SUGGESTION_GP_POSTERIOR_H_

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/gp/covariance_cache.h"
#include "suggestion/gp/kernel.h"
#include "suggestion/gp/prior_mean.h"

namespace qalam::gp {

// What is known at the places where trials were observed or are running.
struct PosteriorData {
  Matrix points;                    // (n x axes): the observed ones, then the pending ones
  std::vector<double> values;       // of the observed ones
  std::vector<double> extra_noise;  // n variances, beyond the kernel's noise
  // (pending x fantasies) standard normal numbers; each column is one joint outcome of the pending
  // trials, drawn from what the model believes of them. Without pending trials: (0 x 1).
  Matrix fantasies;
  // What the process deviates from; may be null.
  std::shared_ptr<const PriorMean> mean;
};

// Predictions at m points.
struct Predictions {
  Matrix means;                   // (fantasies x m)
  std::vector<double> variances;  // m, of the function without noise; positive
};

// Predictions and what their gradients are computed from.
struct LocalPredictions : Predictions {
  Matrix weights;              // (n x m): K^-1 k(points, x)
  std::vector<Matrix> slopes;  // m, see Kernel::RowWithSlopes
};

// A Gaussian process given data. Pending trials are taken as observed, with several possible
// outcomes: the variance is the same under each, and the mean differs (Snoek et al., "Practical
// Bayesian optimization of machine learning algorithms", NeurIPS 2012, section 3.2). A fresh
// factorisation, never an updated one, so that equal data give equal bits.
class Posterior {
 public:
  // Requires at least one point. A singular covariance matrix is made regular by noise. `cache`:
  // with covariances of an earlier posterior, may be null.
  Posterior(Kernel kernel, PosteriorData data, CovarianceCache* cache = nullptr);
  // What the function itself may be like, where `noisy` knows only measurements of it: in each of
  // several possible worlds its values at all points, those of pending trials included, are drawn
  // from `noisy` (by Matheron's rule; Wilson et al., "Efficiently sampling functions from Gaussian
  // process posteriors", ICML 2020) and taken as seen without noise. Worlds take the place of
  // fantasies. `normals`: standard normal numbers, one column a world, noisy.points().rows() for
  // the function and then noisy.observed() for the noise.
  Posterior(const Posterior& noisy, const Matrix& normals, CovarianceCache* cache = nullptr);

  int axes() const { return kernel_.axes(); }
  int fantasies() const { return alphas_.cols(); }
  // The number of points that are not pending.
  int observed() const { return static_cast<int>(data_.values.size()); }
  const Kernel& kernel() const { return kernel_; }
  const Matrix& points() const { return data_.points; }
  // The predicted value of each observed and pending point, one column a fantasy: (n x fantasies).
  const Matrix& smoothed() const { return smoothed_; }

  // xs: (axes x m), one point a column.
  Predictions Predict(const Matrix& xs) const;
  LocalPredictions PredictLocal(const Matrix& xs) const;
  // The means alone, which takes less time: (fantasies x m).
  Matrix Means(const Matrix& xs) const;
  // Adds, to each column of `gradients`, the gradient with respect to x of a function with the
  // given derivatives with respect to the means (fantasies x m) and the variances (m) there.
  void AddGradients(const Matrix& xs, const LocalPredictions& local, const Matrix& mean_derivatives,
                    absl::Span<const double> variance_derivatives, Matrix& gradients) const;
  // Adds weights[j] times the gradient of the first fantasy's mean at point j.
  void AddMeanGradients(const Matrix& xs, absl::Span<const double> weights,
                        Matrix& gradients) const;

 private:
  Matrix Gram(CovarianceCache* cache) const;
  void FactorWithJitter(Matrix gram);
  void SolveObserved(absl::Span<double> values) const;
  double FloorOfVariance(double variance) const;
  std::vector<double> PriorAtPoints() const;
  void AddPriorMean(const Matrix& xs, Matrix& means) const;
  // gradient[d] = sum_i weights[i] d k(x, points(i, :)) / d x_d, given the warped x.
  void RowGradient(absl::Span<const double> x, absl::Span<const double> warped,
                   const Matrix& slopes, absl::Span<const double> weights,
                   absl::Span<double> gradient) const;

  Kernel kernel_;
  PosteriorData data_;  // values are those beyond the prior mean
  Matrix warped_;       // data_.points as the kernel wants them
  Cholesky cholesky_;
  Matrix alphas_;    // (n x fantasies): K^-1 values
  Matrix smoothed_;  // (n x fantasies)
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_POSTERIOR_H_
