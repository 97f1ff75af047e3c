// Functions of several objectives: ZDT (Zitzler, Deb and Thiele, Evolutionary Computation 8, 2000),
// DTLZ (Deb, Thiele, Laumanns and Zitzler, CEC 2002), and the vehicle problems of Tanabe and
// Ishibuchi's collection (Applied Soft Computing 89, 2020).

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "bench/function_parts.h"
#include "bench/outcome_functions.h"
#include "bench/synthetic_functions.h"
#include "math/hypervolume.h"

namespace qalam::bench {
namespace {

double Sum(Point x, size_t begin) {
  double sum = 0;
  for (size_t i = begin; i < x.size(); ++i) sum += x[i];
  return sum;
}

double ZdtDistance(Point x) { return 1 + 9 * Sum(x, 1) / static_cast<double>(x.size() - 1); }

FunctionOutcome Zdt1(Point x) {
  const double g = ZdtDistance(x);
  return {{x[0], g * (1 - std::sqrt(x[0] / g))}, {}};
}

FunctionOutcome Zdt2(Point x) {
  const double g = ZdtDistance(x);
  return {{x[0], g * (1 - Square(x[0] / g))}, {}};
}

FunctionOutcome Zdt3(Point x) {
  const double g = ZdtDistance(x);
  const double share = x[0] / g;
  return {{x[0], g * (1 - std::sqrt(share) - share * std::sin(10 * kPi * x[0]))}, {}};
}

FunctionOutcome Zdt4(Point x) {
  double g = 1;
  for (size_t i = 1; i < x.size(); ++i) g += 10 + x[i] * x[i] - 10 * std::cos(4 * kPi * x[i]);
  return {{x[0], g * (1 - std::sqrt(x[0] / g))}, {}};
}

FunctionOutcome Zdt6(Point x) {
  const double first = 1 - std::exp(-4 * x[0]) * std::pow(std::sin(6 * kPi * x[0]), 6);
  const double g = 1 + 9 * std::pow(Sum(x, 1) / static_cast<double>(x.size() - 1), 0.25);
  return {{first, g * (1 - Square(first / g))}, {}};
}

FunctionOutcome Dtlz1(Point x) {
  double g = static_cast<double>(x.size() - 1);
  for (size_t i = 1; i < x.size(); ++i) {
    g += Square(x[i] - 0.5) - std::cos(20 * kPi * (x[i] - 0.5));
  }
  g *= 100;
  return {{0.5 * (1 + g) * x[0], 0.5 * (1 + g) * (1 - x[0])}, {}};
}

FunctionOutcome Dtlz7(Point x) {
  const double g = 1 + 9 * Sum(x, 1) / static_cast<double>(x.size() - 1);
  return {{x[0], (1 + g) * (2 - x[0] / (1 + g) * (1 + std::sin(3 * kPi * x[0])))}, {}};
}

FunctionOutcome VehicleSafety(Point x) {
  const double a = x[0], b = x[1], c = x[2], d = x[3], e = x[4];
  const double weight =
      1640.2823 + 2.3573285 * a + 2.3220035 * b + 4.5688768 * c + 7.7213633 * d + 4.4559504 * e;
  const double acceleration = 6.5856 + 1.15 * a - 1.0427 * b + 0.9738 * c + 0.8364 * d -
                              0.3695 * a * d + 0.0861 * a * e + 0.3628 * b * d - 0.1106 * a * a -
                              0.3437 * c * c + 0.1764 * d * d;
  const double intrusion = -0.0551 + 0.0181 * a + 0.1024 * b + 0.0421 * c - 0.0073 * a * b +
                           0.024 * b * c - 0.0118 * b * d - 0.0204 * c * d - 0.008 * c * e -
                           0.0241 * b * b + 0.0109 * d * d;
  return {{weight, acceleration, intrusion}, {}};
}

FunctionOutcome CarSideImpact(Point x) {
  const double a = x[0], b = x[1], c = x[2], d = x[3], e = x[4], f = x[5], g = x[6];
  const double weight =
      1.98 + 4.9 * a + 6.67 * b + 6.98 * c + 4.01 * d + 1.78 * e + 0.00001 * f + 2.73 * g;
  const double force = 4.72 - 0.5 * d - 0.19 * b * c;
  const double pillar = 10.58 - 0.674 * a * b - 0.67275 * b;
  const double door = 16.45 - 0.489 * c * g - 0.843 * e * f;
  const double excesses[] = {
      1.16 - 0.3717 * b * d - 0.0092928 * c - 1,
      0.261 - 0.0159 * a * b - 0.06486 * a - 0.019 * b * g + 0.0144 * c * e + 0.0154464 * f - 0.32,
      0.214 + 0.00817 * e - 0.045195 * a - 0.0135168 * a + 0.03099 * b * f - 0.018 * b * g +
          0.007176 * c + 0.023232 * c - 0.00364 * e * f - 0.018 * b * b - 0.32,
      0.74 - 0.61 * b - 0.031296 * c - 0.031872 * g + 0.227 * b * b - 0.32,
      28.98 + 3.818 * c - 4.2 * a * b + 1.27296 * f - 2.68065 * g - 32,
      33.86 + 2.95 * c - 5.057 * a * b - 3.795 * b - 3.4431 * g + 1.45728 - 32,
      46.36 - 9.9 * b - 4.4505 * a - 32,
      force - 4,
      pillar - 9.9,
      door - 15.7};
  double violation = 0;
  for (const double excess : excesses) violation += std::max(0.0, excess);
  return {{weight, force, 0.5 * (pillar + door), violation}, {}};
}

// The front is where all parameters but the first are 0: its hypervolume, from many of its points.
double VolumeOfCurve(FunctionOutcome (*value)(Point), size_t dimensions,
                     const std::vector<double>& reference) {
  constexpr int kPoints = 100000;
  std::vector<double> x(dimensions);
  std::vector<double> rows;
  for (int i = 0; i <= kPoints; ++i) {
    x[0] = static_cast<double>(i) / kPoints;
    const FunctionOutcome outcome = value(x);
    rows.insert(rows.end(), outcome.losses.begin(), outcome.losses.end());
  }
  return Hypervolume({rows, 2}, reference);
}

std::vector<OutcomeFunction> MakeMultiObjectiveFunctions() {
  const std::vector<std::pair<double, double>> cube = Box(6, 0, 1);
  std::vector<std::pair<double, double>> zdt4 = Box(6, -5, 5);
  zdt4[0] = {0, 1};
  std::vector<OutcomeFunction> functions = {
      {.name = "BraninCurrin",
       .bounds = Box(2, 0, 1),
       .value =
           [](Point x) {
             return FunctionOutcome{BraninCurrin(x), {}};
           },
       .reference = {18, 6},
       .max_hypervolume = 59.36011874867746},
      {.name = "ZDT1_6", .bounds = cube, .value = Zdt1, .reference = {11, 11}},
      {.name = "ZDT2_6", .bounds = cube, .value = Zdt2, .reference = {11, 11}},
      {.name = "ZDT3_6", .bounds = cube, .value = Zdt3, .reference = {11, 11}},
      {.name = "ZDT4_6", .bounds = zdt4, .value = Zdt4, .reference = {11, 150}},
      {.name = "ZDT6_6", .bounds = cube, .value = Zdt6, .reference = {11, 11}},
      {.name = "DTLZ1_6_2",
       .bounds = cube,
       .value = Dtlz1,
       .reference = {400, 400},
       .max_hypervolume = 400 * 400 - 1.0 / 8},
      // One less the area of a quarter of the unit disc, moved out; and the same of the ball.
      {.name = "DTLZ2_6_2",
       .bounds = cube,
       .value =
           [](Point x) {
             return FunctionOutcome{Dtlz2(x, 2), {}};
           },
       .reference = {1.1, 1.1},
       .max_hypervolume = 1.1 * 1.1 - kPi / 4},
      {.name = "DTLZ2_6_3",
       .bounds = cube,
       .objectives = 3,
       .value =
           [](Point x) {
             return FunctionOutcome{Dtlz2(x, 3), {}};
           },
       .reference = {1.1, 1.1, 1.1},
       .max_hypervolume = 1.1 * 1.1 * 1.1 - kPi / 6},
      {.name = "DTLZ7_6_2", .bounds = cube, .value = Dtlz7, .reference = {15, 15}},
      {.name = "VehicleSafety",
       .bounds = Box(5, 1, 3),
       .objectives = 3,
       .value = VehicleSafety,
       .reference = {1864.72022, 11.81993945, 0.2903999384},
       .max_hypervolume = 246.8160708},
      {.name = "CarSideImpact",
       .bounds = {{0.5, 1.5},
                  {0.45, 1.35},
                  {0.5, 1.5},
                  {0.5, 1.5},
                  {0.875, 2.625},
                  {0.4, 1.2},
                  {0.4, 1.2}},
       .objectives = 4,
       .value = CarSideImpact,
       .reference = {45.4872, 4.5114, 13.3394, 10.3942},
       .max_hypervolume = 484.7265435}};
  for (OutcomeFunction& function : functions) {
    function.objectives = static_cast<int>(function.reference.size());
    if (function.max_hypervolume > 0) continue;
    function.max_hypervolume =
        VolumeOfCurve(function.value, function.bounds.size(), function.reference);
  }
  return functions;
}

}  // namespace

std::vector<double> Dtlz2(Point x, int objectives) {
  const size_t last = static_cast<size_t>(objectives) - 1;
  double g = 0;
  for (size_t i = last; i < x.size(); ++i) g += Square(x[i] - 0.5);
  std::vector<double> losses(last + 1, 1 + g);
  for (size_t k = 0; k <= last; ++k) {
    for (size_t i = 0; i < last - k; ++i) losses[k] *= std::cos(kPi / 2 * x[i]);
    if (k > 0) losses[k] *= std::sin(kPi / 2 * x[last - k]);
  }
  return losses;
}

std::vector<double> BraninCurrin(Point x) {
  const double point[] = {15 * x[0] - 5, 15 * x[1]};
  const double factor = x[1] == 0 ? 1 : 1 - std::exp(-1 / (2 * x[1]));
  const double a = x[0];
  const double currin = factor * (2300 * a * a * a + 1900 * a * a + 2092 * a + 60) /
                        (100 * a * a * a + 500 * a * a + 4 * a + 20);
  return {Branin(point), currin};
}

const std::vector<OutcomeFunction>& MultiObjectiveFunctions() {
  static const auto* const kFunctions =
      new std::vector<OutcomeFunction>(MakeMultiObjectiveFunctions());
  return *kFunctions;
}

}  // namespace qalam::bench
