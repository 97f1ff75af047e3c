#ifndef QALAM_SUGGESTION_GP_ACQUISITION_H_
#define QALAM_SUGGESTION_GP_ACQUISITION_H_

#include <memory>
#include <vector>

#include "math/linear_algebra.h"
#include "suggestion/gp/merit.h"
#include "suggestion/gp/posterior.h"

namespace qalam::gp {

// The merit of points by what posteriors say of them, averaged over the fantasies of pending trials
// (for logarithms: the logarithm of the average).
class Acquisition {
 public:
  // One posterior for each quantity of the merit, all with the same number of fantasies. They must
  // outlive the object.
  Acquisition(std::unique_ptr<Merit> merit, const std::vector<Posterior>& posteriors)
      : merit_(std::move(merit)), posteriors_(posteriors) {}

  // The values at m points, xs: (axes x m).
  std::vector<double> Evaluate(const Matrix& xs) const;
  // The same, and the gradients on ordered axes (0 on categorical ones): (axes x m).
  std::vector<double> EvaluateWithGradients(const Matrix& xs, Matrix& gradients) const;

 private:
  // Derivatives of the average with respect to what each posterior says at m points.
  struct Slopes {
    Matrix means;                   // (fantasies x m)
    std::vector<double> variances;  // m
  };
  double Average(int point, const std::vector<const Predictions*>& predictions,
                 std::vector<Slopes>* slopes) const;

  std::unique_ptr<Merit> merit_;
  const std::vector<Posterior>& posteriors_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_ACQUISITION_H_
