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
  Matrix points;                  // (n x axes), n >= 1
  std::vector<double> values;     // of mean 0 and deviation 1, about
  std::vector<double> extra_noise;
};

struct Fit {
  KernelParameters parameters;
  // The sum over the points of the log density of each given all others (Rasmussen and Williams,
  // "Gaussian processes for machine learning", 2006, equations 5.10 to 5.12).
  double leave_one_out = 0;
  // The least negative log posterior density found.
  double loss = 0;
};

struct FitOptions {
  // Tries a second start.
  bool thorough = true;
  // Has an additive part; for 2 axes or more.
  bool additive = true;
  int max_evaluations = 60;
};

// Maximum a posteriori hyperparameters: L-BFGS on their logarithms from fixed starts, so that the
// result depends on nothing but the arguments. Priors: lengthscales of the joint part LogNormal(
// sqrt 2 + log(D) / 2, sqrt 3) (Hvarfner et al., "Vanilla Bayesian optimization performs great in
// high dimensions", ICML 2024), of the additive part the same with D = 1; variances and noise
// Gamma(1.1, 1) and Gamma(1.1, 30), which tolerate small values.
Fit FitHyperparameters(const FitData& data, const FitOptions& options);

// The negative log posterior density of log hyperparameters (lengthscales, additive lengthscales if
// `additive`, signal, additive signal if `additive`, noise), up to a constant, and its gradient;
// infinity where the covariance matrix is singular. For FitHyperparameters and its tests.
double NegativeLogPosterior(const FitData& data, bool additive, absl::Span<const double> logs,
                            absl::Span<double> gradient);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_FIT_H_
