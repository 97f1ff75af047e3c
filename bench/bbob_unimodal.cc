// BBOB functions 1 to 14: separable ones, and those with one funnel.

#include <algorithm>
#include <cmath>

#include "bench/bbob_parts.h"
#include "bench/function_parts.h"

namespace qalam::bench {
namespace {

void UsualOptimum(BbobParts& parts) { parts.optimum = BbobOptimum(parts.seed, parts.dimension); }

// The optimum, and the first rotation.
void OneRotation(BbobParts& parts) {
  UsualOptimum(parts);
  parts.first = BbobRotation(parts.seed + kRotationSeedOffset, parts.dimension);
}

std::vector<double> Shifted(const BbobParts& parts, Point x) { return Minus(x, parts.optimum); }

std::vector<double> Rotated(const BbobParts& parts, Point x) {
  return Times(parts.first, Shifted(parts, x));
}

double Sphere(const BbobParts& parts, Point x) { return SumOfSquares(Shifted(parts, x)); }

double RaggedEllipsoid(const std::vector<double>& shifted) {
  const std::vector<double> z = Oscillate(shifted);
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) sum += Grade(1e6, i, z.size()) * z[i] * z[i];
  return sum;
}

double SeparableEllipsoid(const BbobParts& parts, Point x) {
  return RaggedEllipsoid(Shifted(parts, x));
}

double RastriginValue(Point z) {
  double cosines = 0;
  for (const double v : z) cosines += std::cos(2 * kPi * v);
  return 10 * (static_cast<double>(z.size()) - cosines) + SumOfSquares(z);
}

double SeparableRastrigin(const BbobParts& parts, Point x) {
  std::vector<double> z = Asymmetric(Oscillate(Shifted(parts, x)), 0.2);
  for (size_t i = 0; i < z.size(); ++i) z[i] *= Grade(std::sqrt(10.0), i, z.size());
  return RastriginValue(z);
}

void PrepareBueche(BbobParts& parts) {
  UsualOptimum(parts);
  // As in the reference program; the report says so less plainly.
  for (size_t i = 0; i < parts.optimum.size(); i += 2) {
    parts.optimum[i] = std::fabs(parts.optimum[i]);
  }
}

double BuecheRastrigin(const BbobParts& parts, Point x) {
  std::vector<double> z = Oscillate(Shifted(parts, x));
  for (size_t i = 0; i < z.size(); ++i) {
    const double factor = z[i] > 0 && i % 2 == 0 ? 10 : 1;
    z[i] *= factor * Grade(std::sqrt(10.0), i, z.size());
  }
  return RastriginValue(z) + 100 * OutsidePenalty(x);
}

void PrepareSlope(BbobParts& parts) {
  UsualOptimum(parts);
  for (double& x : parts.optimum) x = x < 0 ? -5 : 5;
}

double LinearSlope(const BbobParts& parts, Point x) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double best = parts.optimum[i];
    const double slope = std::copysign(Grade(10, i, x.size()), best);
    // Beyond the optimum the function is level.
    const double at = x[i] * best < 25 ? x[i] : best;
    sum += 5 * std::fabs(slope) - slope * at;
  }
  return sum;
}

// first = R diag(sqrt(10)^...) Q.
void PrepareConditioned10(BbobParts& parts) {
  OneRotation(parts);
  parts.second = BbobRotation(parts.seed, parts.dimension);
  parts.first = ScaledProduct(parts.first, std::sqrt(10.0), parts.second);
}

double AttractiveSector(const BbobParts& parts, Point x) {
  const std::vector<double> z = Rotated(parts, x);
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) {
    const double s = z[i] * parts.optimum[i] > 0 ? 100 : 1;
    sum += s * s * z[i] * z[i];
  }
  return std::pow(Oscillate(sum), 0.9);
}

void TwoRotations(BbobParts& parts) {
  OneRotation(parts);
  parts.second = BbobRotation(parts.seed, parts.dimension);
}

double StepEllipsoid(const BbobParts& parts, Point x) {
  const size_t n = x.size();
  std::vector<double> steps = Times(parts.second, Shifted(parts, x));
  for (size_t i = 0; i < n; ++i) steps[i] *= Grade(std::sqrt(10.0), i, n);
  const double first = steps[0];
  for (double& s : steps) {
    s = std::fabs(s) > 0.5 ? RoundHalfUp(s) : RoundHalfUp(10 * s) / 10;
  }
  const std::vector<double> z = Times(parts.first, steps);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += Grade(100, i, n) * z[i] * z[i];
  return 0.1 * std::max(std::fabs(first) * 1e-4, sum) + OutsidePenalty(x);
}

double RosenbrockScale(size_t n) { return std::max(1.0, std::sqrt(static_cast<double>(n)) / 8); }

void PrepareRosenbrock(BbobParts& parts) {
  UsualOptimum(parts);
  for (double& x : parts.optimum) x *= 0.75;
}

double OriginalRosenbrock(const BbobParts& parts, Point x) {
  std::vector<double> z = Shifted(parts, x);
  for (double& v : z) v = RosenbrockScale(x.size()) * v + 1;
  return Rosenbrock(z);
}

void PrepareRotatedRosenbrock(BbobParts& parts) {
  parts.first = BbobRotation(parts.seed, parts.dimension);
}

double RotatedRosenbrock(const BbobParts& parts, Point x) {
  std::vector<double> z = Times(parts.first, x);
  for (double& v : z) v = RosenbrockScale(x.size()) * v + 0.5;
  return Rosenbrock(z);
}

double RotatedEllipsoid(const BbobParts& parts, Point x) {
  return RaggedEllipsoid(Rotated(parts, x));
}

double Discus(const BbobParts& parts, Point x) {
  const std::vector<double> z = Oscillate(Rotated(parts, x));
  return SumOfSquares(z) + (1e6 - 1) * z[0] * z[0];
}

void PrepareCigar(BbobParts& parts) {
  parts.optimum = BbobOptimum(parts.seed + kRotationSeedOffset, parts.dimension);
  parts.first = BbobRotation(parts.seed + kRotationSeedOffset, parts.dimension);
}

double BentCigar(const BbobParts& parts, Point x) {
  const std::vector<double> z = Times(parts.first, Asymmetric(Rotated(parts, x), 0.5));
  return z[0] * z[0] + 1e6 * SumOfSquares(Point(z).subspan(1));
}

double SharpRidge(const BbobParts& parts, Point x) {
  const std::vector<double> z = Rotated(parts, x);
  return z[0] * z[0] + 100 * std::sqrt(SumOfSquares(Point(z).subspan(1)));
}

double DifferentPowers(const BbobParts& parts, Point x) {
  const std::vector<double> z = Rotated(parts, x);
  const double last = static_cast<double>(z.size()) - 1;
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i) {
    sum += std::pow(std::fabs(z[i]), 2 + 4 * static_cast<double>(i) / last);
  }
  return std::sqrt(sum);
}

}  // namespace

const std::vector<BbobDefinition>& BbobUnimodal() {
  static const auto* const kDefinitions = new std::vector<BbobDefinition>{
      {UsualOptimum, Sphere},
      {UsualOptimum, SeparableEllipsoid},
      {UsualOptimum, SeparableRastrigin},
      {PrepareBueche, BuecheRastrigin},
      {PrepareSlope, LinearSlope},
      {PrepareConditioned10, AttractiveSector},
      {TwoRotations, StepEllipsoid},
      {PrepareRosenbrock, OriginalRosenbrock},
      {PrepareRotatedRosenbrock, RotatedRosenbrock},
      {OneRotation, RotatedEllipsoid},
      {OneRotation, Discus},
      {PrepareCigar, BentCigar},
      {PrepareConditioned10, SharpRidge},
      {OneRotation, DifferentPowers},
  };
  return *kDefinitions;
}

}  // namespace qalam::bench
