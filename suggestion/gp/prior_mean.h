#ifndef QALAM_SUGGESTION_GP_PRIOR_MEAN_H_
#define QALAM_SUGGESTION_GP_PRIOR_MEAN_H_

#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"

namespace qalam::gp {

// What is expected of a function before anything is observed, where that is more than a constant.
class PriorMean {
 public:
  virtual ~PriorMean() = default;

  // The values at m points, xs: (axes x m).
  virtual std::vector<double> At(const Matrix& xs) const = 0;
  // Adds weights[j] times the gradient at point j to column j of `gradients`.
  virtual void AddGradients(const Matrix& xs, absl::Span<const double> weights,
                            Matrix& gradients) const = 0;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_PRIOR_MEAN_H_
