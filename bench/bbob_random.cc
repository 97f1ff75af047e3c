#include "bench/bbob_random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <numbers>

namespace qalam::bench {
namespace {

constexpr int64_t kModulus = 2147483647;
constexpr size_t kTableSize = 32;

// Park and Miller's minimal standard generator, in Schrage's form.
int64_t NextSeed(int64_t seed) { return seed * 16807 % kModulus; }

}  // namespace

// With a Bays-Durham shuffle.
std::vector<double> BbobUniform(int count, int64_t seed) {
  seed = std::max<int64_t>(1, std::abs(seed));
  std::array<int64_t, kTableSize> table;
  for (int i = 39; i >= 0; --i) {
    seed = NextSeed(seed);
    if (i < static_cast<int>(kTableSize)) table[static_cast<size_t>(i)] = seed;
  }
  int64_t drawn = table[0];
  std::vector<double> numbers(static_cast<size_t>(count));
  for (double& number : numbers) {
    seed = NextSeed(seed);
    const size_t place = static_cast<size_t>(drawn / 67108865);
    drawn = table[place];
    table[place] = seed;
    number = static_cast<double>(drawn) / 2.147483647e9;
    if (number == 0) number = 1e-99;
  }
  return numbers;
}

std::vector<double> BbobGauss(int count, int64_t seed) {
  const std::vector<double> uniform = BbobUniform(2 * count, seed);
  const size_t n = static_cast<size_t>(count);
  std::vector<double> numbers(n);
  for (size_t i = 0; i < n; ++i) {
    numbers[i] =
        std::sqrt(-2 * std::log(uniform[i])) * std::cos(2 * std::numbers::pi * uniform[n + i]);
    if (numbers[i] == 0) numbers[i] = 1e-99;
  }
  return numbers;
}

// Normal numbers, column by column, made orthonormal by Gram and Schmidt's method.
BbobMatrix BbobRotation(int64_t seed, int dimension) {
  const size_t n = static_cast<size_t>(dimension);
  const std::vector<double> normal = BbobGauss(dimension * dimension, seed);
  BbobMatrix b(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) b[i][j] = normal[j * n + i];
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      double product = 0;
      for (size_t k = 0; k < n; ++k) product += b[k][i] * b[k][j];
      for (size_t k = 0; k < n; ++k) b[k][i] -= product * b[k][j];
    }
    double norm = 0;
    for (size_t k = 0; k < n; ++k) norm += b[k][i] * b[k][i];
    for (size_t k = 0; k < n; ++k) b[k][i] /= std::sqrt(norm);
  }
  return b;
}

std::vector<double> BbobOptimum(int64_t seed, int dimension) {
  std::vector<double> optimum = BbobUniform(dimension, seed);
  for (double& x : optimum) {
    x = 8 * std::floor(1e4 * x) / 1e4 - 4;
    if (x == 0) x = -1e-5;
  }
  return optimum;
}

double BbobOptimalValue(int function, int instance) {
  int seed = function;
  if (function == 4) seed = 3;    // the two Rastrigin functions share their instances,
  if (function == 18) seed = 17;  // and so do the two of Schaffer
  const int64_t stream = seed + 10000LL * instance;
  const double a = BbobGauss(1, stream)[0];
  const double b = BbobGauss(1, stream + 1)[0];
  const double rounded = std::floor(100 * (100 * a / b) + 0.5) / 100;
  return std::clamp(rounded, -1000.0, 1000.0);
}

}  // namespace qalam::bench
