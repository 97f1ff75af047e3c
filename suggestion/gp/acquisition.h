#ifndef QALAM_SUGGESTION_GP_ACQUISITION_H_
#define QALAM_SUGGESTION_GP_ACQUISITION_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "suggestion/gp/posterior.h"

namespace qalam::gp {

// Deviations that the confidence bound goes below the mean: a one-sided 97.5 % bound.
inline constexpr double kConfidenceKappa = 1.96;
// The improvement, in deviations of all losses, that counts for the probability.
inline constexpr double kImprovementMargin = 0.01;

// What makes a point worth trying; larger is better.
enum class AcquisitionKind {
  kLogExpectedImprovement,       // log E[max(0, best - f)]
  kLogProbabilityOfImprovement,  // log P(f < best - margin)
  kLowerConfidenceBound,         // -(mean - kappa deviation)
};

// The value for a prediction N(mean, deviation^2), `best` being the least value known.
double AcquisitionValue(AcquisitionKind kind, double best, double mean, double deviation);

// Short names for people and labels: "EI", "PI", "LCB", "mean".
absl::string_view AcquisitionName(AcquisitionKind kind);

// An acquisition function over a posterior, averaged over its fantasies of the pending trials (for
// the logarithms: the logarithm of the average). The best value so far is the least *predicted*
// value of an observed or pending point, so that one lucky measurement does not set the mark.
class Acquisition {
 public:
  // `posterior` must outlive the object.
  Acquisition(AcquisitionKind kind, const Posterior& posterior);

  // The values at m points, xs: (axes x m).
  std::vector<double> Evaluate(const Matrix& xs) const;
  // The value at one point, and its gradient on ordered axes (0 on categorical ones).
  double EvaluateWithGradient(absl::Span<const double> x, absl::Span<double> gradient) const;

 private:
  struct Derivatives {
    std::vector<double> means;
    double variance = 0;
  };
  double Value(absl::Span<const double> means, double variance, Derivatives* derivatives) const;

  AcquisitionKind kind_;
  const Posterior& posterior_;
  std::vector<double> best_;  // of each fantasy
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_ACQUISITION_H_
