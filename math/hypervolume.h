#ifndef QALAM_MATH_HYPERVOLUME_H_
#define QALAM_MATH_HYPERVOLUME_H_

#include <vector>

#include "absl/types/span.h"
#include "math/pareto.h"

namespace qalam {

// The hypervolume of a set of rows: the volume of what they dominate up to a reference point. Rows
// that are not below the reference in every loss add nothing; nor do dominated and equal ones. Rows
// and reference are finite, and so that the volume is, too: scale them before.

// O(n log n) for up to three losses (Beume, Fonseca et al., IEEE TEC 13, 2009); for more, the WFG
// algorithm (While, Bradstreet and Barone, IEEE TEC 16, 2012), which slices them down to three.
double Hypervolume(LossRows rows, absl::Span<const double> reference);

// By how much the hypervolume of `rows` grows when `point` joins them; >= 0.
double HypervolumeGain(LossRows rows, absl::Span<const double> point,
                       absl::Span<const double> reference);

// By how much the hypervolume of the front (ParetoFront) shrinks when the row leaves it, for each
// row; 0 for those that are not in it, and for equal ones. O(n log n) for two losses.
std::vector<double> HypervolumeContributions(LossRows rows, absl::Span<const double> reference);

// `count` rows that together have a large hypervolume: each is the one that adds most to those
// before it, which is at least 1 - 1/e of what the best choice reaches (Guerreiro, Fonseca and
// Paquete, Evolutionary Computation 24, 2016). In the order in which they were chosen; of equal
// gains the first row. All rows when there are no more than `count`.
std::vector<int> HypervolumeSubset(LossRows rows, absl::Span<const double> reference, int count);

}  // namespace qalam

#endif  // QALAM_MATH_HYPERVOLUME_H_
