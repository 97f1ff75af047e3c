#include "bench/bbob_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qalam::bench {

double Oscillate(double x) {
  if (x == 0) return 0;
  const double t = 10 * std::log(std::fabs(x));
  const double waves =
      x > 0 ? std::sin(t) + std::sin(0.79 * t) : std::sin(0.55 * t) + std::sin(0.31 * t);
  return std::copysign(std::exp(0.1 * (t + 0.49 * waves)), x);
}

std::vector<double> Oscillate(std::vector<double> x) {
  for (double& v : x) v = Oscillate(v);
  return x;
}

std::vector<double> Asymmetric(std::vector<double> x, double beta) {
  const double last = static_cast<double>(x.size()) - 1;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] <= 0) continue;
    x[i] = std::pow(x[i], 1 + beta * static_cast<double>(i) / last * std::sqrt(x[i]));
  }
  return x;
}

double Grade(double base, size_t i, size_t n) {
  return std::pow(base, static_cast<double>(i) / (static_cast<double>(n) - 1));
}

std::vector<double> Minus(Point x, Point y) {
  std::vector<double> z(x.size());
  for (size_t i = 0; i < x.size(); ++i) z[i] = x[i] - y[i];
  return z;
}

std::vector<double> Times(const BbobMatrix& a, Point x) {
  std::vector<double> z(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < x.size(); ++j) z[i] += a[i][j] * x[j];
  }
  return z;
}

BbobMatrix ScaledProduct(const BbobMatrix& a, double base, const BbobMatrix& b) {
  const size_t n = a.size();
  BbobMatrix product(n, std::vector<double>(n));
  for (size_t k = 0; k < n; ++k) {
    const double factor = Grade(base, k, n);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) product[i][j] += a[i][k] * factor * b[k][j];
    }
  }
  return product;
}

double OutsidePenalty(Point x) {
  double sum = 0;
  for (const double v : x) {
    const double outside = std::max(0.0, std::fabs(v) - 5);
    sum += outside * outside;
  }
  return sum;
}

double RoundHalfUp(double x) { return std::floor(x + 0.5); }

double SumOfSquares(Point x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return sum;
}

}  // namespace qalam::bench
