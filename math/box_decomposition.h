#ifndef QALAM_MATH_BOX_DECOMPOSITION_H_
#define QALAM_MATH_BOX_DECOMPOSITION_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "math/pareto.h"

namespace qalam {

// Boxes without common interior, each of positive volume. Lower bounds may be -infinity.
struct Boxes {
  int width = 1;
  std::vector<double> lower, upper;  // size() rows of `width` numbers

  int size() const { return static_cast<int>(lower.size()) / width; }
  absl::Span<const double> lower_row(int i) const { return Row(lower, i); }
  absl::Span<const double> upper_row(int i) const { return Row(upper, i); }

 private:
  absl::Span<const double> Row(const std::vector<double>& values, int i) const {
    return absl::MakeConstSpan(values).subspan(static_cast<size_t>(i) * static_cast<size_t>(width),
                                               static_cast<size_t>(width));
  }
};

// What is below `reference` and dominated by no row, cut into boxes: where a new row would add to
// the hypervolume (for expected improvements of it). n + 1 boxes for two losses, O(n) for three,
// up to O(n^(width / 2)) for more. Rows need be neither below the reference nor a front.
//
// By local upper bounds and the points that define them, twice: the bounds of what the rows leave
// are, seen from the other side, rows themselves (Lacour, Klamroth and Fonseca, Computers &
// Operations Research 79, 2017; Yang, Emmerich, Deutz and Baeck, J. Global Optimization 75, 2019).
Boxes NonDominatedBoxes(LossRows rows, absl::Span<const double> reference);

}  // namespace qalam

#endif  // QALAM_MATH_BOX_DECOMPOSITION_H_
