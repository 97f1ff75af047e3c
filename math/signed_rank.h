#ifndef QALAM_MATH_SIGNED_RANK_H_
#define QALAM_MATH_SIGNED_RANK_H_

#include "absl/types/span.h"

namespace qalam {

// The one-sided p-value of Wilcoxon's signed-rank test: how likely the differences would lie as far
// above 0 as they do, if each were as likely to have the other sign (Wilcoxon, "Individual
// comparisons by ranking methods", 1945). Equal sizes share their ranks, and half of the rank of a
// difference of 0 counts on either side. Exact up to 30 differences, by the normal approximation
// with correction for continuity beyond. 1 when there are none or all are 0; infinities are larger
// than everything; requires that none is NaN.
double SignedRankPValue(absl::Span<const double> differences);

}  // namespace qalam

#endif  // QALAM_MATH_SIGNED_RANK_H_
