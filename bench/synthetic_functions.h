#ifndef QALAM_BENCH_SYNTHETIC_FUNCTIONS_H_
#define QALAM_BENCH_SYNTHETIC_FUNCTIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace qalam::bench {

using Point = absl::Span<const double>;

// A test function of the literature, to be minimised over a box.
struct SyntheticFunction {
  std::string name;  // with the dimension where it varies: "Ackley5"
  std::vector<std::pair<double, double>> bounds;
  double optimum = 0;
  // Where the optimum is, when the function nowhere falls below it, not even outside of the box.
  // Empty otherwise. Such functions may be shifted and rotated without losing their optimum.
  std::vector<double> optimal_point;
  double (*value)(Point x) = nullptr;
};

// All functions, in a fixed order. Definitions: Surjanovic and Bingham, "Virtual library of
// simulation experiments"; they agree with botorch's test functions to rounding.
const std::vector<SyntheticFunction>& SyntheticFunctions();
// Null when there is none of that name.
const SyntheticFunction* FindSyntheticFunction(absl::string_view name);

double Ackley(Point x);
double Branin(Point x);
double Hartmann6(Point x);
double Levy(Point x);
double Rastrigin(Point x);
double Rosenbrock(Point x);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SYNTHETIC_FUNCTIONS_H_
