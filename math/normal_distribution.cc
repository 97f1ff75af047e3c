#include "math/normal_distribution.h"

#include <cmath>

#include "core/random_stream.h"

namespace qalam {
namespace {

constexpr double kLogSqrtTwoPi = 0.91893853320467274178;
constexpr double kSqrtHalfPi = 1.25331413731550025121;
constexpr double kSqrtPi = 1.77245385090551602730;
constexpr double kSqrtHalf = 0.70710678118654752440;

// From here on erfc itself is small and the continued fraction converges quickly.
constexpr double kFractionFrom = 4;
// Below this z the difference phi + z Phi loses its digits and is taken from its expansion.
constexpr double kExpansionBelow = -30;

// The continued fraction of Laplace for sqrt(pi) exp(x^2) erfc(x), x >= kFractionFrom.
double ErfcFraction(double x) {
  double tail = x;
  for (int k = 60; k >= 1; --k) tail = x + 0.5 * k / tail;
  return 1 / tail;
}

// Phi(z) / phi(z) for z <= 0: Mills' ratio, between 1/(|z| + 1/|z|) and 1/|z|.
double MillsRatio(double z) { return kSqrtHalfPi * ScaledErfc(-z * kSqrtHalf); }

double LogDensity(double z) { return -0.5 * z * z - kLogSqrtTwoPi; }

// 1 + z Mills(z) for z < 0, of which the leading terms cancel: 1/z^2 - 3/z^4 + 15/z^6 - ...
double ImprovementRatio(double z) {
  if (z > kExpansionBelow) return 1 + z * MillsRatio(z);
  const double u = 1 / (z * z);
  return u * (1 - u * (3 - u * (15 - u * (105 - u * 945))));
}

}  // namespace

double ScaledErfc(double x) {
  if (x < kFractionFrom) return std::exp(x * x) * std::erfc(x);
  return ErfcFraction(x) / kSqrtPi;
}

ValueAndSlope LogNormalCdf(double z) {
  if (z > 0) {
    const double cdf = NormalCdf(z);
    return {std::log1p(-NormalCdf(-z)), std::exp(LogDensity(z)) / cdf};
  }
  const double mills = MillsRatio(z);
  return {LogDensity(z) + std::log(mills), 1 / mills};
}

ValueAndSlope LogNormalImprovement(double z) {
  // d/dz (phi + z Phi) is Phi.
  if (z > -1) {
    const double cdf = NormalCdf(z);
    const double improvement = std::exp(LogDensity(z)) + z * cdf;
    return {std::log(improvement), cdf / improvement};
  }
  const double ratio = ImprovementRatio(z);
  return {LogDensity(z) + std::log(ratio), MillsRatio(z) / ratio};
}

}  // namespace qalam
