#ifndef QALAM_MATH_LBFGS_H_
#define QALAM_MATH_LBFGS_H_

#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// Writes the gradient at `x` and returns the value. A value that is not finite means that the
// function is not defined there; the gradient is then ignored.
using DifferentiableFunction =
    std::function<double(absl::Span<const double> x, absl::Span<double> gradient)>;

struct LbfgsOptions {
  // Corrections that approximate the inverse Hessian.
  int memory = 10;
  int max_iterations = 50;
  // Evaluations of the function, those of line searches included.
  int max_evaluations = 100;
  // Ends when no component of the projected gradient is larger,
  double gradient_tolerance = 1e-5;
  // or when an iteration improves the value by less than this times (1 + its size).
  double value_tolerance = 1e-9;
  // The longest first step along any coordinate, before anything is known of the curvature.
  double first_step = 0.1;
};

struct LbfgsResult {
  std::vector<double> x;
  double value = 0;
  int evaluations = 0;
};

// Minimises a smooth function inside a box from `start` (clamped into it): limited-memory BFGS on
// the coordinates that are not held by a bound, with a backtracking search along the projected
// direction (Bertsekas, "Projected Newton methods for optimization problems with simple
// constraints", 1982; Nocedal and Wright, 2006, algorithm 7.4). Deterministic. The result is never
// worse than the start; when the function is not defined at the start, it is the start.
LbfgsResult MinimizeInBox(const DifferentiableFunction& function, absl::Span<const double> lower,
                          absl::Span<const double> upper, std::vector<double> start,
                          const LbfgsOptions& options);

}  // namespace qalam

#endif  // QALAM_MATH_LBFGS_H_
