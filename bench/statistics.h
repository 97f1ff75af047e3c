#ifndef QALAM_BENCH_STATISTICS_H_
#define QALAM_BENCH_STATISTICS_H_

#include <vector>

#include "absl/types/span.h"

namespace qalam::bench {

double Mean(absl::Span<const double> values);
// The variance of the mean of a sample: s^2 / n with the unbiased s^2; 0 for fewer than two values.
double VarianceOfMean(absl::Span<const double> values);

// The rank of each value, 1 for the smallest; equal values share the mean of their ranks.
std::vector<double> Ranks(absl::Span<const double> values);

// The two-sided p-value of Wilcoxon's signed-rank test that paired differences are symmetric about
// zero. Exact, ties included: all signs are equally likely. Differences of zero are left out; 1
// when none is left.
double SignedRankPValue(absl::Span<const double> differences);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_STATISTICS_H_
