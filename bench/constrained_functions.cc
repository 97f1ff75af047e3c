// Functions with outcome constraints: engineering designs as in Coello (Computer Methods in Applied
// Mechanics and Engineering 191, 2002), the functions of Gramacy et al. (Technometrics 58, 2016)
// and of Keane, and two with several objectives.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "bench/function_parts.h"
#include "bench/outcome_functions.h"
#include "bench/synthetic_functions.h"

namespace qalam::bench {
namespace {

double Cube(double x) { return x * x * x; }

FunctionOutcome Gramacy(Point x) {
  const double wave = std::sin(2 * kPi * (x[0] * x[0] - 2 * x[1]));
  return {{x[0] + x[1]}, {x[0] + 2 * x[1] + 0.5 * wave - 1.5, 1.5 - x[0] * x[0] - x[1] * x[1]}};
}

// Plates come in sixteenths of an inch: that is what they cost, while their thickness is free.
FunctionOutcome PressureVessel(Point x) {
  const double radius = x[2], length = x[3];
  const double shell = std::nearbyint(16 * x[0]) / 16, head = std::nearbyint(16 * x[1]) / 16;
  const double cost = 0.6224 * shell * radius * length + 1.7781 * head * radius * radius +
                      3.1661 * shell * shell * length + 19.84 * shell * shell * radius;
  return {{cost},
          {x[0] - 0.0193 * radius, x[1] - 0.00954 * radius,
           kPi * radius * radius * length + 4.0 / 3 * kPi * Cube(radius) - 1296000, 240 - length}};
}

FunctionOutcome WeldedBeam(Point x) {
  constexpr double kLoad = 6000, kLength = 14, kYoung = 30e6, kShear = 12e6;
  const double h = x[0], l = x[1], t = x[2], b = x[3];
  const double half = Square((h + t) / 2);
  const double radius = std::sqrt(l * l / 4 + half);
  const double inertia = 2 * (std::sqrt(2.0) * h * l * (l * l / 12 + half));
  const double primary = kLoad / (std::sqrt(2.0) * h * l);
  const double secondary = kLoad * (kLength + l / 2) * radius / inertia;
  const double stress =
      std::sqrt(primary * primary + primary * secondary * l / radius + secondary * secondary);
  const double bending = 6 * kLoad * kLength / (b * t * t);
  const double deflection = 4 * kLoad * Cube(kLength) / (kYoung * b * Cube(t));
  // 36 times that of the literature, as in botorch.
  const double buckling = 4.013 * kYoung * 6 * t * Cube(b) / (kLength * kLength) *
                          (1 - t / (2 * kLength) * std::sqrt(kYoung / (4 * kShear)));
  const double bar = 0.04811 * t * b * (14 + l);
  return {{1.10471 * h * h * l + bar},
          {13600 - stress, 30000 - bending, b - h, 5 - 0.10471 * h * h - bar, 0.25 - deflection,
           buckling - kLoad}};
}

FunctionOutcome TensionCompressionString(Point x) {
  const double wire = x[0], coil = x[1], count = x[2];
  const double shear = (4 * coil * coil - wire * coil) / (12566 * Cube(wire) * (coil - wire)) +
                       1 / (5108 * wire * wire);
  return {{wire * wire * coil * (count + 2)},
          {Cube(coil) * count / (71785 * Square(wire * wire)) - 1, std::max(-100.0, 1 - shear),
           140.45 * wire / (coil * coil * count) - 1, 1 - (wire + coil) / 1.5}};
}

FunctionOutcome SpeedReducer(Point x) {
  const double a = x[0], b = x[1], c = x[2], d = x[3], e = x[4], f = x[5], g = x[6];
  const double weight = 0.7854 * a * b * b * (3.3333 * c * c + 14.9334 * c - 43.0934) -
                        1.508 * a * (f * f + g * g) + 7.4777 * (Cube(f) + Cube(g)) +
                        0.7854 * (d * f * f + e * g * g);
  return {
      {weight},
      {1 - 27 / (a * b * b * c), 1 - 397.5 / (a * b * b * c * c),
       1 - 1.93 * Cube(d) / (b * c * Square(f * f)), 1 - 1.93 * Cube(e) / (b * c * Square(g * g)),
       1100 - std::sqrt(Square(745 * d / (b * c)) + 16.9e6) / (0.1 * Cube(f)),
       850 - std::sqrt(Square(745 * e / (b * c)) + 157.5e6) / (0.1 * Cube(g)), 40 - b * c,
       a / b - 5, 12 - a / b, 1 - (1.5 * f + 1.9) / d, 1 - (1.1 * g + 1.9) / e}};
}

FunctionOutcome KeaneBump(Point x) {
  double fourth = 0, cosines = 1, squares = 0, product = 1, sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double square = Square(std::cos(x[i]));
    fourth += square * square;
    cosines *= square;
    squares += static_cast<double>(i + 1) * x[i] * x[i];
    product *= x[i];
    sum += x[i];
  }
  // At the origin, which the constraints exclude.
  const double value = squares > 0 ? std::fabs(fourth - 2 * cosines) / std::sqrt(squares) : 0;
  return {{-value}, {product - 0.75, 7.5 * static_cast<double>(x.size()) - sum}};
}

// C2-DTLZ2 (Jain and Deb, IEEE TEC 18, 2014): the front in three pieces.
FunctionOutcome C2Dtlz2(Point x) {
  constexpr double kSquare = 0.04;  // of the radius; the middle piece is wider, as in botorch
  const std::vector<double> losses = Dtlz2(x, 2);
  const double middle = Square(losses[0] - std::sqrt(0.5)) + Square(losses[1] - std::sqrt(0.5));
  const double first = Square(losses[0] - 1) + Square(losses[1]);
  const double second = Square(losses[1] - 1) + Square(losses[0]);
  return {losses, {kSquare - std::min({middle - kSquare, first, second})}};
}

FunctionOutcome ConstrainedBraninCurrin(Point x) {
  return {BraninCurrin(x), {50 - Square(15 * x[0] - 5 - 2.5) - Square(15 * x[1] - 7.5)}};
}

std::vector<OutcomeFunction> MakeConstrainedFunctions() {
  return {
      {.name = "ConstrainedGramacy",
       .bounds = Box(2, 0, 1),
       .constraints = 2,
       .value = Gramacy,
       .optimum = 0.5997880520},
      {.name = "PressureVessel",
       .bounds = {{0, 10}, {0, 10}, {10, 50}, {150, 200}},
       .constraints = 4,
       .value = PressureVessel,
       .optimum = 6059.946341},
      {.name = "WeldedBeamSO",
       .bounds = {{0.125, 10}, {0.1, 10}, {0.1, 10}, {0.1, 10}},
       .constraints = 6,
       .value = WeldedBeam,
       .optimum = 1.728226},
      {.name = "TensionCompressionString",
       .bounds = {{0.01, 1}, {0.01, 1}, {0.01, 20}},
       .constraints = 4,
       .value = TensionCompressionString,
       .optimum = 0.012681},
      {.name = "SpeedReducer",
       .bounds = {{2.6, 3.6}, {0.7, 0.8}, {17, 28}, {7.3, 8.3}, {7.8, 8.3}, {2.9, 3.9}, {5, 5.5}},
       .constraints = 11,
       .value = SpeedReducer,
       .optimum = 2996.3482},
      {.name = "KeaneBump10",
       .bounds = Box(10, 0, 10),
       .constraints = 2,
       .value = KeaneBump,
       .optimum = -0.6737},
      {.name = "C2DTLZ2_6_2",
       .bounds = Box(6, 0, 1),
       .objectives = 2,
       .constraints = 1,
       .value = C2Dtlz2,
       .reference = {1.1, 1.1},
       .max_hypervolume = 0.3996406303723544},
      {.name = "ConstrainedBraninCurrin",
       .bounds = Box(2, 0, 1),
       .objectives = 2,
       .constraints = 1,
       .value = ConstrainedBraninCurrin,
       .reference = {80, 12},
       .max_hypervolume = 608.4004237022673}};
}

}  // namespace

const std::vector<OutcomeFunction>& ConstrainedFunctions() {
  static const auto* const kFunctions =
      new std::vector<OutcomeFunction>(MakeConstrainedFunctions());
  return *kFunctions;
}

const OutcomeFunction* FindOutcomeFunction(absl::string_view name) {
  for (const auto* const functions : {&MultiObjectiveFunctions(), &ConstrainedFunctions()}) {
    for (const OutcomeFunction& function : *functions) {
      if (function.name == name) return &function;
    }
  }
  return nullptr;
}

}  // namespace qalam::bench
