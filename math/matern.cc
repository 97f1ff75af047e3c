#include "math/matern.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "math/vector_clones.h"

namespace qalam {
namespace {

// exp(-a) for 0 <= a, without branches so that loops over it become vector code: a = n ln 2 + r,
// |r| <= ln 2 / 2, Taylor's polynomial of degree 13 in r, and n put into the exponent.
inline double ExpOfMinus(double a) {
  constexpr double kLog2E = 1.44269504088896340736;
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kShifter = 0x1.8p52;  // adding it rounds to whole numbers, kept in the low bits
  const double x = -(a < 700 ? a : 700);
  const double shifted = x * kLog2E + kShifter;
  const double n = shifted - kShifter;
  const double r = (x - n * kLn2High) - n * kLn2Low;
  // In pairs of pairs (Estrin), which wait for each other a third as long as one after the other.
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double low = (1 + r) + (0.5 + r * (1.0 / 6)) * r2;
  const double middle = (1.0 / 24 + r * (1.0 / 120)) + (1.0 / 720 + r * (1.0 / 5040)) * r2;
  const double high = (1.0 / 40320 + r * (1.0 / 362880)) +
                      (1.0 / 3628800 + r * (1.0 / 39916800)) * r2 +
                      (1.0 / 479001600 + r * (1.0 / 6227020800)) * r4;
  const double p = low + (middle + high * r4) * r4;
  const uint64_t exponent = (std::bit_cast<uint64_t>(shifted) + 1023) << 52;
  return p * std::bit_cast<double>(exponent);
}

}  // namespace

// Before a loop: in-place calls carry nothing from one element to the next.
#ifdef __clang__
#define QALAM_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define QALAM_INDEPENDENT _Pragma("GCC ivdep")
#endif

QALAM_VECTOR_CLONES void AddSquaredDistances(absl::Span<const double> column, double x,
                                             double weight, absl::Span<double> out) {
  const double* const c = column.data();
  double* const o = out.data();
  const size_t size = out.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) {
    const double distance = c[i] - x;
    o[i] += weight * (distance * distance);
  }
}

QALAM_VECTOR_CLONES void AddMismatches(absl::Span<const double> column, double x, double weight,
                                       absl::Span<double> out) {
  const double* const c = column.data();
  double* const o = out.data();
  const size_t size = out.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) o[i] += c[i] == x ? 0.0 : weight;
}

QALAM_VECTOR_CLONES void AddMatches(absl::Span<const double> column, double x, double same,
                                    double other, absl::Span<double> out) {
  const double* const c = column.data();
  double* const o = out.data();
  const size_t size = out.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) o[i] += c[i] == x ? same : other;
}

QALAM_VECTOR_CLONES void Matern52(absl::Span<const double> q, absl::Span<double> values) {
  const double* const in = q.data();
  double* const out = values.data();
  const size_t size = values.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) {
    const double a = std::sqrt(5 * in[i]);
    out[i] = (1 + a + a * a * (1.0 / 3)) * ExpOfMinus(a);
  }
}

QALAM_VECTOR_CLONES void Matern52WithSlopes(absl::Span<const double> q, absl::Span<double> values,
                                            absl::Span<double> slopes) {
  const double* const in = q.data();
  double* const out = values.data();
  double* const out_slopes = slopes.data();
  const size_t size = values.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) {
    const double a = std::sqrt(5 * in[i]);
    const double e = ExpOfMinus(a);
    out[i] = (1 + a + a * a * (1.0 / 3)) * e;
    out_slopes[i] = (5.0 / 6) * (1 + a) * e;
  }
}

QALAM_VECTOR_CLONES void AddMatern52(absl::Span<const double> column, double x, double scale,
                                     double factor, absl::Span<double> out) {
  const double* const c = column.data();
  double* const o = out.data();
  const size_t size = out.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) {
    const double a = scale * std::abs(c[i] - x);
    o[i] += factor * ((1 + a + a * a * (1.0 / 3)) * ExpOfMinus(a));
  }
}

QALAM_VECTOR_CLONES void AddMatern52WithSlopes(absl::Span<const double> column, double x,
                                               double scale, double factor, absl::Span<double> out,
                                               absl::Span<double> slopes) {
  const double* const c = column.data();
  double* const o = out.data();
  double* const out_slopes = slopes.data();
  const size_t size = out.size();
  QALAM_INDEPENDENT
  for (size_t i = 0; i < size; ++i) {
    const double a = scale * std::abs(c[i] - x);
    const double e = ExpOfMinus(a);
    o[i] += factor * ((1 + a + a * a * (1.0 / 3)) * e);
    out_slopes[i] = (5.0 / 6) * (1 + a) * e;
  }
}

QALAM_VECTOR_CLONES double WeightedOffset(absl::Span<const double> weights,
                                          absl::Span<const double> slopes,
                                          absl::Span<const double> column, double x) {
  constexpr size_t kSums = 8;  // of every eighth element, so that they can be added side by side
  const double* const w = weights.data();
  const double* const s = slopes.data();
  const double* const c = column.data();
  double sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums <= weights.size(); i += kSums) {
    for (size_t k = 0; k < kSums; ++k) sums[k] += w[i + k] * s[i + k] * (x - c[i + k]);
  }
  for (size_t k = 0; i < weights.size(); ++i, ++k) sums[k] += w[i] * s[i] * (x - c[i]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace qalam
