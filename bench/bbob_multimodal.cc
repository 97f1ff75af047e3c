// BBOB functions 15 to 24: many optima, with a global structure and with a weak one.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "bench/bbob_parts.h"
#include "bench/function_parts.h"

namespace qalam::bench {
namespace {

// first = R, second = R diag(base^...) Q.
void PrepareRotations(BbobParts& parts, double base) {
  parts.optimum = BbobOptimum(parts.seed, parts.dimension);
  parts.first = BbobRotation(parts.seed + kRotationSeedOffset, parts.dimension);
  parts.second = ScaledProduct(parts.first, base, BbobRotation(parts.seed, parts.dimension));
}

std::vector<double> ShiftedAndRotated(const BbobParts& parts, Point x) {
  return Times(parts.first, Minus(x, parts.optimum));
}

void PrepareRastrigin(BbobParts& parts) { PrepareRotations(parts, std::sqrt(10.0)); }

double RotatedRastrigin(const BbobParts& parts, Point x) {
  return Rastrigin(Times(parts.second, Asymmetric(Oscillate(ShiftedAndRotated(parts, x)), 0.2)));
}

constexpr int kWeierstrassTerms = 12;

void PrepareWeierstrass(BbobParts& parts) { PrepareRotations(parts, 0.1); }

double Weierstrass(const BbobParts& parts, Point x) {
  const double n = static_cast<double>(x.size());
  const std::vector<double> z = Times(parts.second, Oscillate(ShiftedAndRotated(parts, x)));
  double sum = 0;
  double at_optimum = 0;
  for (int k = 0; k < kWeierstrassTerms; ++k) {
    const double amplitude = std::pow(0.5, k);
    const double frequency = std::pow(3.0, k);
    for (const double v : z) sum += amplitude * std::cos(2 * kPi * frequency * (v + 0.5));
    at_optimum += amplitude * std::cos(kPi * frequency);
  }
  const double depth = sum / n - at_optimum;
  return 10 * depth * depth * depth + 10 / n * OutsidePenalty(x);
}

// second = diag(sqrt(condition)^...) Q.
void PrepareSchaffers(BbobParts& parts, double condition) {
  PrepareRotations(parts, 1);
  parts.second = BbobRotation(parts.seed, parts.dimension);
  const size_t n = parts.second.size();
  for (size_t i = 0; i < n; ++i) {
    for (double& element : parts.second[i]) element *= Grade(std::sqrt(condition), i, n);
  }
}

void PrepareSchaffers10(BbobParts& parts) { PrepareSchaffers(parts, 10); }
void PrepareSchaffers1000(BbobParts& parts) { PrepareSchaffers(parts, 1000); }

double Schaffers(const BbobParts& parts, Point x) {
  const std::vector<double> z = Times(parts.second, Asymmetric(ShiftedAndRotated(parts, x), 0.5));
  double sum = 0;
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const double s = z[i] * z[i] + z[i + 1] * z[i + 1];
    const double wave = std::sin(50 * std::pow(s, 0.1));
    sum += std::pow(s, 0.25) * (1 + wave * wave);
  }
  const double mean = sum / (static_cast<double>(z.size()) - 1);
  return mean * mean + 10 * OutsidePenalty(x);
}

void PrepareGriewankRosenbrock(BbobParts& parts) {
  parts.first = BbobRotation(parts.seed, parts.dimension);
}

double GriewankRosenbrock(const BbobParts& parts, Point x) {
  const double n = static_cast<double>(x.size());
  const double scale = std::max(1.0, std::sqrt(n) / 8);
  std::vector<double> z = Times(parts.first, x);
  for (double& v : z) v = scale * v + 0.5;
  double sum = 0;
  for (size_t i = 0; i + 1 < z.size(); ++i) {
    const double curve = z[i] * z[i] - z[i + 1];
    const double s = 100 * curve * curve + (z[i] - 1) * (z[i] - 1);
    sum += s / 4000 - std::cos(s);
  }
  return 10 + 10 * sum / (n - 1);
}

constexpr double kSchwefel = 4.2096874633;

void PrepareSchwefel(BbobParts& parts) {
  parts.optimum = BbobUniform(parts.dimension, parts.seed);
  for (double& x : parts.optimum) x = x < 0.5 ? -0.5 * kSchwefel : 0.5 * kSchwefel;
}

double Schwefel(const BbobParts& parts, Point x) {
  const size_t n = x.size();
  std::vector<double> hat(n);
  for (size_t i = 0; i < n; ++i) hat[i] = std::copysign(2.0, parts.optimum[i]) * x[i];
  double penalty = 0;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const double carried = i == 0 ? 0 : 0.25 * (hat[i - 1] - kSchwefel);
    const double z =
        100 * (Grade(std::sqrt(10.0), i, n) * (hat[i] + carried - kSchwefel) + kSchwefel);
    const double outside = std::max(0.0, std::fabs(z) - 500);
    penalty += outside * outside;
    sum += z * std::sin(std::sqrt(std::fabs(z)));
  }
  return 0.01 * (penalty + 418.9828872724339 - sum / static_cast<double>(n));
}

// The order in which sorting would put the numbers: place -> index.
std::vector<size_t> SortingOrder(const std::vector<double>& numbers) {
  std::vector<size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return numbers[a] < numbers[b]; });
  return order;
}

struct Landscape {
  size_t peaks;
  double first_condition;  // of the global optimum's peak
  double width;            // of the box in which the centres lie, [-width / 2, width / 2]
};

constexpr double kMaxCondition = 1000;

// The condition number of each peak, and its height.
std::vector<double> PeakConditions(BbobParts& parts, const Landscape& landscape) {
  const size_t others = landscape.peaks - 1;
  const std::vector<size_t> order = SortingOrder(BbobUniform(static_cast<int>(others), parts.seed));
  std::vector<double> conditions = {landscape.first_condition};
  parts.heights = {10};
  for (size_t i = 0; i < others; ++i) {
    conditions.push_back(Grade(kMaxCondition, order[i], others));
    parts.heights.push_back(1.1 + 8.0 * static_cast<double>(i) / static_cast<double>(others - 1));
  }
  return conditions;
}

void PrepareGallagher(BbobParts& parts, const Landscape& landscape) {
  const size_t n = static_cast<size_t>(parts.dimension);
  parts.first = BbobRotation(parts.seed, parts.dimension);
  const std::vector<double> conditions = PeakConditions(parts, landscape);
  const std::vector<double> places =
      BbobUniform(parts.dimension * static_cast<int>(landscape.peaks), parts.seed);
  for (size_t i = 0; i < landscape.peaks; ++i) {
    const int64_t seed = parts.seed + 1000 * static_cast<int64_t>(i);
    const std::vector<size_t> order = SortingOrder(BbobUniform(parts.dimension, seed));
    std::vector<double> weights(n);
    std::vector<double> centre(n);
    for (size_t j = 0; j < n; ++j) {
      weights[j] = Grade(conditions[i], order[j], n) / std::sqrt(conditions[i]);
      centre[j] = landscape.width * (places[i * n + j] - 0.5) * (i == 0 ? 0.8 : 1);
    }
    parts.weights.push_back(std::move(weights));
    parts.centres.push_back(Times(parts.first, centre));
  }
}

void PrepareGallagher101(BbobParts& parts) {
  PrepareGallagher(parts, {101, std::sqrt(kMaxCondition), 10});
}
void PrepareGallagher21(BbobParts& parts) { PrepareGallagher(parts, {21, kMaxCondition, 9.8}); }

double Gallagher(const BbobParts& parts, Point x) {
  const std::vector<double> rotated = Times(parts.first, x);
  const double n = static_cast<double>(x.size());
  double highest = 0;
  for (size_t i = 0; i < parts.heights.size(); ++i) {
    double distance = 0;
    for (size_t j = 0; j < x.size(); ++j) {
      const double d = rotated[j] - parts.centres[i][j];
      distance += parts.weights[i][j] * d * d;
    }
    highest = std::max(highest, parts.heights[i] * std::exp(-0.5 / n * distance));
  }
  const double depth = Oscillate(10 - highest);
  return depth * depth + OutsidePenalty(x);
}

void PrepareKatsuura(BbobParts& parts) { PrepareRotations(parts, 10); }

double Katsuura(const BbobParts& parts, Point x) {
  const double n = static_cast<double>(x.size());
  const std::vector<double> z = Times(parts.second, Minus(x, parts.optimum));
  double product = 1;
  for (size_t i = 0; i < z.size(); ++i) {
    double sum = 0;
    for (int j = 1; j <= 32; ++j) {
      const double power = std::exp2(j);
      sum += std::fabs(power * z[i] - RoundHalfUp(power * z[i])) / power;
    }
    product *= std::pow(1 + static_cast<double>(i + 1) * sum, 10 / std::pow(n, 1.2));
  }
  return 10 / n / n * (product - 1) + OutsidePenalty(x);
}

constexpr double kLunacekCentre = 2.5;

void PrepareLunacek(BbobParts& parts) {
  PrepareRotations(parts, 10);
  parts.optimum = BbobGauss(parts.dimension, parts.seed);
  for (double& x : parts.optimum) x = x < 0 ? -0.5 * kLunacekCentre : 0.5 * kLunacekCentre;
}

double Lunacek(const BbobParts& parts, Point x) {
  const double n = static_cast<double>(x.size());
  const double s = 1 - 0.5 / (std::sqrt(n + 20) - 4.1);
  const double second_centre = -std::sqrt((kLunacekCentre * kLunacekCentre - 1) / s);
  std::vector<double> from_first(x.size());
  std::vector<double> from_second(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double hat = std::copysign(2.0, parts.optimum[i]) * x[i];
    from_first[i] = hat - kLunacekCentre;
    from_second[i] = hat - second_centre;
  }
  const std::vector<double> z = Times(parts.second, from_first);
  double cosines = 0;
  for (const double v : z) cosines += std::cos(2 * kPi * v);
  return std::min(SumOfSquares(from_first), n + s * SumOfSquares(from_second)) +
         10 * (n - cosines) + 1e4 * OutsidePenalty(x);
}

}  // namespace

const std::vector<BbobDefinition>& BbobMultimodal() {
  static const auto* const kDefinitions = new std::vector<BbobDefinition>{
      {PrepareRastrigin, RotatedRastrigin},
      {PrepareWeierstrass, Weierstrass},
      {PrepareSchaffers10, Schaffers},
      {PrepareSchaffers1000, Schaffers},
      {PrepareGriewankRosenbrock, GriewankRosenbrock},
      {PrepareSchwefel, Schwefel},
      {PrepareGallagher101, Gallagher},
      {PrepareGallagher21, Gallagher},
      {PrepareKatsuura, Katsuura},
      {PrepareLunacek, Lunacek},
  };
  return *kDefinitions;
}

}  // namespace qalam::bench
