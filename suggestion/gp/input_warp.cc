#include "suggestion/gp/input_warp.h"

#include <cmath>

namespace qalam::gp {
namespace {

// Below this the first terms of the series in the strength are exact to twelve digits.
constexpr double kSmallStrength = 1e-4;

}  // namespace

InputWarp::InputWarp(double strength)
    : strength_(strength),
      is_small_(std::abs(strength) < kSmallStrength),
      denominator_(std::expm1(-strength)) {}

double InputWarp::Apply(double x) const {
  if (x <= 0) return x;
  if (is_small_) return x + 0.5 * strength_ * x * (1 - x) * (1 + strength_ * (1 - 2 * x) / 6);
  return std::expm1(-strength_ * x) / denominator_;
}

double InputWarp::Slope(double x) const {
  if (x < 0) return 1;
  if (is_small_) {
    return 1 + 0.5 * strength_ * (1 - 2 * x + strength_ * (1 - 6 * x * (1 - x)) / 6);
  }
  return -strength_ * std::exp(-strength_ * x) / denominator_;
}

double InputWarp::SlopeByStrength(double x) const {
  if (x <= 0) return 0;
  if (is_small_) return 0.5 * x * (1 - x) * (1 + strength_ * (1 - 2 * x) / 3);
  const double numerator = std::expm1(-strength_ * x);
  return (numerator * (1 + denominator_) - x * (1 + numerator) * denominator_) /
         (denominator_ * denominator_);
}

}  // namespace qalam::gp
