#ifndef QALAM_SUGGESTION_GP_POSTERIOR_H_
#define QALAM_SUGGESTION_GP_POSTERIOR_H_

#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/gp/kernel.h"

namespace qalam::gp {

// What is known at the places where trials were observed or are running.
struct PosteriorData {
  Matrix points;                    // (n x axes): the observed ones, then the pending ones
  std::vector<double> values;       // of the observed ones
  std::vector<double> extra_noise;  // n variances, beyond the kernel's noise
  // (pending x fantasies) standard normal numbers; each column is one joint outcome of the pending
  // trials, drawn from what the model believes of them. Without pending trials: (0 x 1).
  Matrix fantasies;
};

// Predictions at m points.
struct Predictions {
  Matrix means;                   // (fantasies x m)
  std::vector<double> variances;  // m, of the function without noise; positive
};

// A Gaussian process given data. Pending trials are taken as observed, with several possible
// outcomes: the variance is the same under each, and the mean differs (Snoek et al., "Practical
// Bayesian optimization of machine learning algorithms", NeurIPS 2012, section 3.2). A fresh
// factorisation, never an updated one, so that equal data give equal bits.
class Posterior {
 public:
  // Requires at least one observed point. A singular covariance matrix is made regular by noise.
  Posterior(Kernel kernel, PosteriorData data);

  int axes() const { return kernel_.axes(); }
  int fantasies() const { return alphas_.cols(); }
  const Kernel& kernel() const { return kernel_; }
  const Matrix& points() const { return data_.points; }
  // The predicted value of each observed and pending point, one column a fantasy: (n x fantasies).
  const Matrix& smoothed() const { return smoothed_; }

  // xs: (axes x m), one point a column.
  Predictions Predict(const Matrix& xs) const;

  // What a prediction at one point rests on, for its gradient.
  struct Local {
    std::vector<double> means;  // one a fantasy
    double variance = 0;
    std::vector<double> row;      // k(x, points)
    std::vector<double> weights;  // K^-1 row
  };
  Local PredictLocal(absl::Span<const double> x) const;
  // The gradient, with respect to x, of a function with the given derivatives with respect to the
  // means and the variance at x.
  void Gradient(absl::Span<const double> x, const Local& local,
                absl::Span<const double> mean_derivatives, double variance_derivative,
                absl::Span<double> gradient) const;

 private:
  double FloorOfVariance(double variance) const;

  Kernel kernel_;
  PosteriorData data_;
  Cholesky cholesky_;
  Matrix alphas_;    // (n x fantasies): K^-1 values
  Matrix smoothed_;  // (n x fantasies)
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_POSTERIOR_H_
