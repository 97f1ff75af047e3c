#ifndef QALAM_SUGGESTION_GP_SEARCH_H_
#define QALAM_SUGGESTION_GP_SEARCH_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/gp/encoding.h"

namespace qalam::gp {

// Where the best values of a function over encoded points are looked for, and how hard.
struct SearchOptions {
  uint64_t seed = 0;
  uint64_t number = 0;       // of the trial to be proposed: names the random streams
  int spread_samples = 256;  // over the whole box
  int local_samples = 192;   // around the given points
  int starts = 6;            // of the local searches
  int evaluations = 40;      // with gradient, for each start
  // The box, one pair for each axis; ignored on categorical axes. Empty: everything.
  std::vector<double> lower;
  std::vector<double> upper;
};

// The function to be maximised. `gradients` may be null: then only samples and moves are used.
struct SearchTarget {
  // Values at m points, xs: (axes x m).
  std::function<std::vector<double>(const Matrix& xs)> values;
  // The same, and the gradients: (axes x m).
  std::function<std::vector<double>(const Matrix& xs, Matrix& gradients)> gradients;
};

struct FoundPoint {
  std::vector<double> point;
  double value = 0;
};

// Maximises: scrambled Sobol points over the box, copies of the points `around` with a few
// coordinates changed at several radii, and from the best of both local searches that alternate
// L-BFGS on the continuous axes with exact searches of one other axis at a time until nothing
// improves. Returns everything seen at the ends and in the samples, best first; ties in a fixed
// order. `around`: points of interest, best first.
std::vector<FoundPoint> Maximize(const Encoding& encoding, const SearchTarget& target,
                                 absl::Span<const std::vector<double>> around,
                                 const SearchOptions& options);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_SEARCH_H_
