#ifndef QALAM_MATH_LBFGS_H_
#define QALAM_MATH_LBFGS_H_

#include <deque>
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

// The same in steps, so that several searches can share the evaluations of one batch: evaluate at
// query() and Tell, until done().
class LbfgsSearch {
 public:
  LbfgsSearch(std::vector<double> lower, std::vector<double> upper, std::vector<double> start,
              const LbfgsOptions& options);

  bool done() const { return done_; }
  const std::vector<double>& query() const { return query_; }
  void Tell(double value, absl::Span<const double> gradient);
  // The best so far.
  LbfgsResult result() const { return {x_, value_, evaluations_}; }

 private:
  struct Correction {
    std::vector<double> step;
    std::vector<double> change;  // of the gradient
    double product;              // their scalar product, positive
  };

  bool Held(size_t i) const;
  bool Converged() const;
  std::vector<double> SteepestDescent() const;
  std::vector<double> Direction() const;
  void BeginIteration();
  void BeginSearch(std::vector<double> direction);
  void ProposeStep();
  void GiveUpSearch();
  void Accept(double value, absl::Span<const double> gradient);
  void Remember(std::vector<double> step, absl::Span<const double> gradient);

  std::vector<double> lower_;
  std::vector<double> upper_;
  LbfgsOptions options_;
  std::vector<double> x_;
  std::vector<double> gradient_;
  double value_ = 0;
  int evaluations_ = 0;
  int iterations_ = 0;
  bool done_ = false;
  std::deque<Correction> corrections_;
  // The line search: query_ is x_ moved by `length_` times `direction_`, kept in the box.
  std::vector<double> query_;
  std::vector<double> direction_;
  double length_ = 0;
  double promised_ = 0;  // the change of value that the slope promises; negative
};

}  // namespace qalam

#endif  // QALAM_MATH_LBFGS_H_
