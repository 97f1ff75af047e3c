#include "bench/synthetic_functions.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "bench/function_parts.h"

namespace qalam::bench {
namespace {

double Beale(Point x) {
  const double y = x[1];
  return Square(1.5 - x[0] + x[0] * y) + Square(2.25 - x[0] + x[0] * y * y) +
         Square(2.625 - x[0] + x[0] * y * y * y);
}

double Bukin(Point x) {
  return 100 * std::sqrt(std::fabs(x[1] - 0.01 * x[0] * x[0])) + 0.01 * std::fabs(x[0] + 10);
}

double DropWave(Point x) {
  const double norm = std::sqrt(x[0] * x[0] + x[1] * x[1]);
  return -(1 + std::cos(12 * norm)) / (0.5 * norm * norm + 2);
}

double DixonPrice(Point x) {
  double sum = Square(x[0] - 1);
  for (size_t i = 1; i < x.size(); ++i) {
    sum += static_cast<double>(i + 1) * Square(2 * x[i] * x[i] - x[i - 1]);
  }
  return sum;
}

double EggHolder(Point x) {
  const double y = x[1] + 47;
  return -y * std::sin(std::sqrt(std::fabs(y + x[0] / 2))) -
         x[0] * std::sin(std::sqrt(std::fabs(x[0] - y)));
}

double Griewank(Point x) {
  double sum = 0;
  double product = 1;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += x[i] * x[i] / 4000;
    product *= std::cos(x[i] / std::sqrt(static_cast<double>(i + 1)));
  }
  return sum - product + 1;
}

constexpr double kHartmannAlpha[4] = {1.0, 1.2, 3.0, 3.2};

double Hartmann3(Point x) {
  constexpr double kA[4][3] = {{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}};
  constexpr double kP[4][3] = {
      {3689, 1170, 2673}, {4699, 4387, 7470}, {1091, 8732, 5547}, {381, 5743, 8828}};
  double value = 0;
  for (int i = 0; i < 4; ++i) {
    double sum = 0;
    for (int j = 0; j < 3; ++j) sum += kA[i][j] * Square(x[j] - 1e-4 * kP[i][j]);
    value -= kHartmannAlpha[i] * std::exp(-sum);
  }
  return value;
}

double HolderTable(Point x) {
  const double norm = std::sqrt(x[0] * x[0] + x[1] * x[1]);
  return -std::fabs(std::sin(x[0]) * std::cos(x[1]) * std::exp(std::fabs(1 - norm / kPi)));
}

double Michalewicz(Point x) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double ridge = std::sin(static_cast<double>(i + 1) * x[i] * x[i] / kPi);
    sum += std::sin(x[i]) * std::pow(ridge, 20);
  }
  return -sum;
}

double Powell(Point x) {
  double sum = 0;
  for (size_t i = 0; i + 3 < x.size(); i += 4) {
    sum += Square(x[i] + 10 * x[i + 1]) + 5 * Square(x[i + 2] - x[i + 3]) +
           Square(Square(x[i + 1] - 2 * x[i + 2])) + 10 * Square(Square(x[i] - x[i + 3]));
  }
  return sum;
}

double Shekel10(Point x) {
  constexpr double kBeta[10] = {1, 2, 2, 4, 4, 6, 3, 7, 5, 5};
  constexpr double kC[4][10] = {{4, 1, 8, 6, 3, 2, 5, 8, 6, 7},
                                {4, 1, 8, 6, 7, 9, 3, 1, 2, 3.6},
                                {4, 1, 8, 6, 3, 2, 5, 8, 6, 7},
                                {4, 1, 8, 6, 7, 9, 3, 1, 2, 3.6}};
  double value = 0;
  for (int i = 0; i < 10; ++i) {
    double distance = kBeta[i] / 10;
    for (int j = 0; j < 4; ++j) distance += Square(x[j] - kC[j][i]);
    value -= 1 / distance;
  }
  return value;
}

double SixHumpCamel(Point x) {
  const double a = x[0] * x[0];
  const double b = x[1] * x[1];
  return (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (4 * b - 4) * b;
}

double StyblinskiTang(Point x) {
  double sum = 0;
  for (const double v : x) sum += Square(v * v) - 16 * v * v + 5 * v;
  return sum / 2;
}

double ThreeHumpCamel(Point x) {
  const double a = x[0] * x[0];
  return 2 * a - 1.05 * a * a + a * a * a / 6 + x[0] * x[1] + x[1] * x[1];
}

// Where DixonPrice is zero: x_i = 2^-(1 - 2^-i), i from 0.
std::vector<double> DixonPricePoint(size_t dimensions) {
  std::vector<double> x(dimensions);
  for (size_t i = 0; i < dimensions; ++i) {
    x[i] = std::exp2(-(1 - std::exp2(-static_cast<double>(i))));
  }
  return x;
}

std::vector<SyntheticFunction> MakeSyntheticFunctions() {
  using V = std::vector<double>;
  constexpr double kStyblinskiTang = -39.16616570377142;  // of one dimension
  return {
      {"Ackley5", Box(5, -32.768, 32.768), 0, V(5, 0.0), Ackley},
      {"Ackley10", Box(10, -32.768, 32.768), 0, V(10, 0.0), Ackley},
      {"Beale", Box(2, -4.5, 4.5), 0, {3, 0.5}, Beale},
      {"Branin", {{-5, 10}, {0, 15}}, 0.39788735772973816, {kPi, 2.275}, Branin},
      {"Bukin", {{-15, -5}, {-3, 3}}, 0, {-10, 1}, Bukin},
      {"DropWave", Box(2, -5.12, 5.12), -1, {0, 0}, DropWave},
      {"DixonPrice4", Box(4, -10, 10), 0, DixonPricePoint(4), DixonPrice},
      {"EggHolder", Box(2, -512, 512), -959.6406627208506, {}, EggHolder},
      {"Griewank6", Box(6, -600, 600), 0, V(6, 0.0), Griewank},
      {"Hartmann3", Box(3, 0, 1), -3.86277978733286, {}, Hartmann3},
      {"Hartmann6", Box(6, 0, 1), -3.32236801141551, {}, Hartmann6},
      {"HolderTable", Box(2, -10, 10), -19.208502567886754, {}, HolderTable},
      {"Levy8", Box(8, -10, 10), 0, V(8, 1.0), Levy},
      {"Michalewicz5", Box(5, 0, kPi), -4.687658179, {}, Michalewicz},
      {"Michalewicz10", Box(10, 0, kPi), -9.660151716, {}, Michalewicz},
      {"Powell4", Box(4, -4, 5), 0, V(4, 0.0), Powell},
      {"Rastrigin5", Box(5, -5.12, 5.12), 0, V(5, 0.0), Rastrigin},
      {"Rosenbrock5", Box(5, -5, 10), 0, V(5, 1.0), Rosenbrock},
      {"Rosenbrock8", Box(8, -5, 10), 0, V(8, 1.0), Rosenbrock},
      {"Shekel10", Box(4, 0, 10), -10.536443153483534, {}, Shekel10},
      {"SixHumpCamel",
       {{-3, 3}, {-2, 2}},
       -1.0316284534898774,
       {0.08984201368301331, -0.7126564032704135},
       SixHumpCamel},
      {"StyblinskiTang5", Box(5, -5, 5), 5 * kStyblinskiTang, V(5, -2.903534027771177),
       StyblinskiTang},
      {"ThreeHumpCamel", Box(2, -5, 5), 0, {0, 0}, ThreeHumpCamel},
  };
}

}  // namespace

double Ackley(Point x) {
  const double n = static_cast<double>(x.size());
  double squares = 0;
  double cosines = 0;
  for (const double v : x) {
    squares += v * v;
    cosines += std::cos(2 * kPi * v);
  }
  return -20 * std::exp(-0.2 * std::sqrt(squares / n)) - std::exp(cosines / n) + 20 +
         std::numbers::e;
}

double Branin(Point x) {
  const double t = x[1] - 5.1 / (4 * kPi * kPi) * x[0] * x[0] + 5 / kPi * x[0] - 6;
  return t * t + 10 * (1 - 1 / (8 * kPi)) * std::cos(x[0]) + 10;
}

double Hartmann6(Point x) {
  constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{1312, 1696, 5569, 124, 8283, 5886},
                               {2329, 4135, 8307, 3736, 1004, 9991},
                               {2348, 1451, 3522, 2883, 3047, 6650},
                               {4047, 8828, 8732, 5743, 1091, 381}};
  double value = 0;
  for (int i = 0; i < 4; ++i) {
    double sum = 0;
    for (int j = 0; j < 6; ++j) sum += kA[i][j] * Square(x[j] - 1e-4 * kP[i][j]);
    value -= kHartmannAlpha[i] * std::exp(-sum);
  }
  return value;
}

double Levy(Point x) {
  const auto w = [&](size_t i) { return 1 + (x[i] - 1) / 4; };
  const size_t last = x.size() - 1;
  double sum = Square(std::sin(kPi * w(0)));
  for (size_t i = 0; i < last; ++i) {
    sum += Square(w(i) - 1) * (1 + 10 * Square(std::sin(kPi * w(i) + 1)));
  }
  return sum + Square(w(last) - 1) * (1 + Square(std::sin(2 * kPi * w(last))));
}

double Rastrigin(Point x) {
  double sum = 10 * static_cast<double>(x.size());
  for (const double v : x) sum += v * v - 10 * std::cos(2 * kPi * v);
  return sum;
}

double Rosenbrock(Point x) {
  double sum = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    sum += 100 * Square(x[i + 1] - x[i] * x[i]) + Square(x[i] - 1);
  }
  return sum;
}

const std::vector<SyntheticFunction>& SyntheticFunctions() {
  static const auto* const kFunctions =
      new std::vector<SyntheticFunction>(MakeSyntheticFunctions());
  return *kFunctions;
}

const SyntheticFunction* FindSyntheticFunction(absl::string_view name) {
  const std::vector<SyntheticFunction>& functions = SyntheticFunctions();
  const auto it = std::find_if(functions.begin(), functions.end(),
                               [&](const SyntheticFunction& f) { return f.name == name; });
  return it == functions.end() ? nullptr : &*it;
}

}  // namespace qalam::bench
