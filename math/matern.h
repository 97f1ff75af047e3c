#ifndef QALAM_MATH_MATERN_H_
#define QALAM_MATH_MATERN_H_

#include "absl/types/span.h"

namespace qalam {

// Passes over columns of points that the Matern-5/2 covariance of a Gaussian process is made of.
// Written as plain loops that the compiler turns into vector code, for AVX2 where the processor has
// it; both versions give the same bits. All spans of a call have the same length.

// out[i] += weight (column[i] - x)^2.
void AddSquaredDistances(absl::Span<const double> column, double x, double weight,
                         absl::Span<double> out);
// out[i] += weight where column[i] differs from x (two categories).
void AddMismatches(absl::Span<const double> column, double x, double weight,
                   absl::Span<double> out);
// out[i] += column[i] == x ? same : other.
void AddMatches(absl::Span<const double> column, double x, double same, double other,
                absl::Span<double> out);

// For squared scaled distances q >= 0 and a = sqrt(5 q):
//   values[i] = (1 + a + a^2/3) exp(-a),
//   slopes[i] = -d value / d q = 5/6 (1 + a) exp(-a), which is finite at q = 0.
// Relative error below 1e-14 for a < 700; 1e-304 or less beyond. Outputs may be the input's memory.
void Matern52(absl::Span<const double> q, absl::Span<double> values);
void Matern52WithSlopes(absl::Span<const double> q, absl::Span<double> values,
                        absl::Span<double> slopes);
// Of one axis, where a = scale |column[i] - x|: out[i] += factor values[i].
void AddMatern52(absl::Span<const double> column, double x, double scale, double factor,
                 absl::Span<double> out);
void AddMatern52WithSlopes(absl::Span<const double> column, double x, double scale, double factor,
                           absl::Span<double> out, absl::Span<double> slopes);

// The sum of weights[i] slopes[i] (x - column[i]).
double WeightedOffset(absl::Span<const double> weights, absl::Span<const double> slopes,
                      absl::Span<const double> column, double x);

}  // namespace qalam

#endif  // QALAM_MATH_MATERN_H_
