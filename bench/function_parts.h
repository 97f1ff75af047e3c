#ifndef QALAM_BENCH_FUNCTION_PARTS_H_
#define QALAM_BENCH_FUNCTION_PARTS_H_

#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace qalam::bench {

inline constexpr double kPi = std::numbers::pi;

inline double Square(double x) { return x * x; }

// The same bounds in each of the dimensions.
inline std::vector<std::pair<double, double>> Box(size_t dimensions, double low, double high) {
  return std::vector<std::pair<double, double>>(dimensions, {low, high});
}

}  // namespace qalam::bench

#endif  // QALAM_BENCH_FUNCTION_PARTS_H_
