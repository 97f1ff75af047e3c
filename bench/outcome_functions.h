#ifndef QALAM_BENCH_OUTCOME_FUNCTIONS_H_
#define QALAM_BENCH_OUTCOME_FUNCTIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace qalam::bench {

// What a function of several outcomes yields: values to be minimised, and slacks of constraints,
// which hold where the slack is at least 0.
struct FunctionOutcome {
  std::vector<double> losses;
  std::vector<double> slacks;
};

// A test function of the literature over a box, with several objectives, outcome constraints, or
// both. They agree with botorch's test functions to rounding.
struct OutcomeFunction {
  std::string name;
  std::vector<std::pair<double, double>> bounds;
  int objectives = 1;
  int constraints = 0;
  FunctionOutcome (*value)(absl::Span<const double> x) = nullptr;
  // Of one objective: the best feasible value.
  double optimum = 0;
  // Of several: up to where hypervolume counts, and how much of it there is.
  std::vector<double> reference = {};
  double max_hypervolume = 0;
};

const std::vector<OutcomeFunction>& MultiObjectiveFunctions();  // without constraints
const std::vector<OutcomeFunction>& ConstrainedFunctions();
// Among both; null when there is none of that name.
const OutcomeFunction* FindOutcomeFunction(absl::string_view name);

// DTLZ2 (Deb, Thiele, Laumanns and Zitzler, CEC 2002), and Branin with Currin's function.
std::vector<double> Dtlz2(absl::Span<const double> x, int objectives);
std::vector<double> BraninCurrin(absl::Span<const double> x);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_OUTCOME_FUNCTIONS_H_
