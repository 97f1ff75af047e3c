// The finite series of Abramowitz and Stegun, "Handbook of mathematical functions", 26.7.3 and
// 26.7.4.
#include "math/student_t.h"

#include <cmath>
#include <numbers>

#include "core/random_stream.h"

namespace qalam {
namespace {

// Beyond this the distribution is the normal one with a corrected argument (26.7.8), which is then
// as exact.
constexpr int64_t kMaxSeries = 5000;

// P(|T| <= t) for t = sqrt(freedom) tan(theta).
double Within(double theta, int64_t freedom) {
  const double sine = std::sin(theta);
  const double cosine = std::cos(theta);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = freedom == 1 ? 0 : term;
  for (int64_t i = odd ? 3 : 2; i < freedom; i += 2) {
    term *= static_cast<double>(i - 1) / static_cast<double>(i) * cosine * cosine;
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (theta + sine * sum) : sine * sum;
}

}  // namespace

double StudentTCdf(double t, int64_t freedom) {
  const auto n = static_cast<double>(freedom);
  if (freedom > kMaxSeries) {
    const double z = t * (1 - 1 / (4 * n)) / std::sqrt(1 + t * t / (2 * n));
    return NormalCdf(std::isinf(t) ? t : z);
  }
  const double within = Within(std::atan(std::abs(t) / std::sqrt(n)), freedom);
  return t < 0 ? 0.5 * (1 - within) : 0.5 * (1 + within);
}

}  // namespace qalam
