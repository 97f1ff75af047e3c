#ifndef QALAM_MATH_PARETO_H_
#define QALAM_MATH_PARETO_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// Points in the space of several losses, one after the other, without owning them: `width` numbers
// each, none NaN, of which smaller is better.
struct LossRows {
  absl::Span<const double> values;
  int width = 1;  // > 0

  int size() const { return width > 0 ? static_cast<int>(values.size()) / width : 0; }
  absl::Span<const double> row(int i) const {
    return values.subspan(static_cast<size_t>(i) * static_cast<size_t>(width),
                          static_cast<size_t>(width));
  }
};

// A row and one of its losses, side by side so that sorting is quick.
struct RowLoss {
  double loss = 0;
  int row = 0;
};
// For each loss the rows in its order, equal ones by number. Quickest where no row of two losses
// dominates another.
std::vector<std::vector<RowLoss>> OrdersByLoss(LossRows rows);

// True when each number of `point` is smaller than that of `corner`, which has as many or fewer.
bool IsBelow(absl::Span<const double> point, absl::Span<const double> corner);

// The front of each row: 0 where no row dominates it; else one more than the last front of those
// that do. O(n log n) for up to two losses; for more, efficient non-dominated sort by binary search
// (Zhang, Tian, Cheng and Jin, IEEE TEC 19, 2015): at worst O(n^2), mostly far less.
std::vector<int> NonDominatedSort(LossRows rows);

// The rows that no row dominates, in increasing order; equal rows are all among them.
std::vector<int> ParetoFront(LossRows rows);

// How far the neighbours of each row are apart, summed over the losses, each in units of its range
// (Deb, Pratap, Agarwal and Meyarivan, IEEE TEC 6, 2002): infinity for those at the ends. Of rows
// that are equal, all but one have distance 0 unless that one is at an end.
std::vector<double> CrowdingDistances(LossRows rows);

}  // namespace qalam

#endif  // QALAM_MATH_PARETO_H_
