#ifndef QALAM_BENCH_BBOB_PARTS_H_
#define QALAM_BENCH_BBOB_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/bbob_random.h"
#include "bench/synthetic_functions.h"

namespace qalam::bench {

// What an instance of a BBOB function is made of. Which parts a function uses is its own affair.
struct BbobParts {
  int dimension = 0;
  int64_t seed = 0;
  std::vector<double> optimum;  // where it is
  // Rotations (R and Q of the report), or products of them with a scaling.
  BbobMatrix first;
  BbobMatrix second;
  // Of Gallagher's functions, for each peak: its centre in the rotated space, the weight of each
  // axis, and its height.
  BbobMatrix centres;
  BbobMatrix weights;
  std::vector<double> heights;
};

// A function: how its parts are made from dimension and seed, and its value above the optimum.
struct BbobDefinition {
  void (*prepare)(BbobParts& parts);
  double (*above_optimum)(const BbobParts& parts, Point x);
};

// Functions 1 to 14, and 15 to 24.
const std::vector<BbobDefinition>& BbobUnimodal();
const std::vector<BbobDefinition>& BbobMultimodal();

// The seed of a function's first rotation lies this far from that of its optimum.
inline constexpr int64_t kRotationSeedOffset = 1000000;

// T_osz: makes slopes irregular without moving the optimum.
double Oscillate(double x);
std::vector<double> Oscillate(std::vector<double> x);
// T_asy^beta: breaks the symmetry between positive and negative coordinates.
std::vector<double> Asymmetric(std::vector<double> x, double beta);
// base^(i / (n - 1)), the i-th of n factors of a scaling.
double Grade(double base, size_t i, size_t n);
// x - y and A x.
std::vector<double> Minus(Point x, Point y);
std::vector<double> Times(const BbobMatrix& a, Point x);
// A diag(Grade(base, 0, n), ..., Grade(base, n - 1, n)) B.
BbobMatrix ScaledProduct(const BbobMatrix& a, double base, const BbobMatrix& b);
// The squared distance to [-5, 5]^n.
double OutsidePenalty(Point x);
// Rounds halves upwards.
double RoundHalfUp(double x);
double SumOfSquares(Point x);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_BBOB_PARTS_H_
