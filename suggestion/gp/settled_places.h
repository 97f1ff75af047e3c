#ifndef QALAM_SUGGESTION_GP_SETTLED_PLACES_H_
#define QALAM_SUGGESTION_GP_SETTLED_PLACES_H_

#include <vector>

#include "absl/types/span.h"
#include "suggestion/gp/encoding.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// Boxes around optima at which nothing is left to gain but digits. A model of all trials goes on
// there for ever, because its losses are warped such that the best few differ most; what else there
// is, it takes for flat. A search that knows nothing of the boxes finds the next best optimum, as
// in the tunneling and deflation of classical optimisation (Levy and Montalvo, "The tunneling
// algorithm for the global minimization of functions", SIAM J. Sci. Stat. Comput. 6, 1985).
class SettledPlaces {
 public:
  // Of the best place of all, then of the best one beyond its box, and so on, as long as they are
  // settled: five trials or more differ by at most 0.002 of every axis from the best one, the last
  // three of these gained less than a ten-thousandth of the distance from it to the median beyond
  // its box, and there are five trials or more there. At most 30.
  static SettledPlaces Find(const TrialTable& table);

  bool empty() const { return centers_.empty(); }
  int size() const { return static_cast<int>(centers_.size()); }
  // Whether an encoded point is in a box: a tenth of the axis to both sides of its centre, on axes
  // with an order; of equal categories.
  bool Contains(const Encoding& encoding, absl::Span<const double> point) const;

 private:
  std::vector<std::vector<double>> centers_;  // encoded
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_SETTLED_PLACES_H_
