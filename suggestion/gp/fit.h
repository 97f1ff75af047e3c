#ifndef QALAM_SUGGESTION_GP_FIT_H_
#define QALAM_SUGGESTION_GP_FIT_H_

#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/gp/kernel.h"

namespace qalam::gp {

// What hyperparameters are fitted to.
struct FitData {
  std::vector<bool> categorical;  // one flag for each axis
  // What the logarithm of each axis's lengthscales is greater by a priori; empty: nothing.
  std::vector<double> length_shifts;
  Matrix points;               // (n x axes), n >= 1
  std::vector<double> values;  // of mean 0 and deviation 1, about
  std::vector<double> extra_noise;
};

struct Fit {
  KernelParameters parameters;
  // The least negative log posterior density found.
  double loss = 0;
};

struct FitOptions {
  // Where to begin, of the same additivity; nothing: a fixed place.
  const KernelParameters* start = nullptr;
  // Tries a second start, and one with much noise where what was found may be noise.
  bool thorough = false;
  // Has an additive part; for 2 axes or more.
  bool additive = true;
  // Warps ordered axes; from 10 points on, as fewer do not tell of more than lengthscales.
  bool warped = true;
  int max_evaluations = 60;
};

// Maximum a posteriori hyperparameters: L-BFGS on their logarithms, so that the result depends on
// nothing but the arguments. Priors: lengthscales of the joint part LogNormal(
// sqrt 2 + log(D) / 2, sqrt 3) (Hvarfner et al., "Vanilla Bayesian optimization performs great in
// high dimensions", ICML 2024), of the additive part the same with D = 1, both moved by
// length_shifts; variances Gamma(1.1, 1), which tolerates small values; noise Gamma(1.5, 4), which
// tolerates both next to none and as much as there is of the function; strengths of input warps
// Normal(0, 2).
Fit FitHyperparameters(const FitData& data, const FitOptions& options);

// The log density of each point given all others (Rasmussen and Williams, "Gaussian processes for
// machine learning", 2006, equations 5.10 to 5.12); minus infinity where the covariance matrix is
// singular.
std::vector<double> LeaveOneOut(const FitData& data, const KernelParameters& parameters);
// What is predicted for each point from all others; the values themselves where the covariance
// matrix is singular.
std::vector<double> LeaveOneOutMeans(const FitData& data, const KernelParameters& parameters);

// The negative log posterior density of log hyperparameters (lengthscales, additive lengthscales if
// `additive`, signal, additive signal if `additive`, noise) and, if `warped`, of the strengths of
// input warps, up to a constant, and its gradient; infinity where the covariance matrix is
// singular. Each evaluation is passes of vector code over all pairs of points. For
// FitHyperparameters and its tests.
class LogPosterior {
 public:
  // `data` must outlive the object.
  LogPosterior(const FitData& data, bool additive, bool warped);

  double NegativeWithGradient(absl::Span<const double> logs, absl::Span<double> gradient);
  KernelParameters Parameters(absl::Span<const double> logs) const;
  std::vector<double> Logs(const KernelParameters& parameters) const;
  int size() const { return warped_ ? noise_ + 1 + axes_ : noise_ + 1; }
  int signal() const { return signal_; }
  int additive_signal() const { return signal_ + 1; }  // where there is one
  int noise() const { return noise_; }
  int input_warps() const { return noise_ + 1; }  // where there are any

 private:
  void FillDistances(int d, absl::Span<const double> column);
  void WarpAxis(int d, double strength);
  void FillPairs(const KernelParameters& parameters);
  void AddAxis(int d, double lengthscale);
  void AddLikelihoodGradient(const KernelParameters& parameters, const Matrix& inverse,
                             absl::Span<const double> alpha, absl::Span<double> gradient);
  void AddWarpGradient(const KernelParameters& parameters, absl::Span<double> gradient) const;
  double AddPriors(absl::Span<const double> logs, absl::Span<double> gradient) const;
  double AddLengthPriors(absl::Span<const double> logs, double location,
                         absl::Span<double> gradient) const;

  const FitData& data_;
  bool additive_;
  bool warped_;
  int axes_;
  int signal_;  // the place of its logarithm; those of lengthscales come first
  int noise_;
  // For each pair of points i > j, column by column of a lower triangle:
  Matrix distances_;                     // (pairs x axes): squared, or 0 and 1 of categories
  Matrix growths_;                       // (pairs x axes): d log sqrt(distance) / d strength
  std::vector<double> joint_;            // the joint part's shape
  std::vector<double> slopes_;           // its negative derivative
  std::vector<double> additive_values_;  // the sum over the axes
  Matrix additive_slopes_;               // (pairs x axes): negative derivative times q
  std::vector<double> scratch_;
  std::vector<double> weights_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_FIT_H_
