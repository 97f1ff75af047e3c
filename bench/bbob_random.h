#ifndef QALAM_BENCH_BBOB_RANDOM_H_
#define QALAM_BENCH_BBOB_RANDOM_H_

#include <cstdint>
#include <vector>

namespace qalam::bench {

// The pseudo-random numbers that define the instances of the BBOB functions (Hansen, Finck, Ros
// and Auger, "Real-parameter black-box optimization benchmarking 2009: noiseless functions
// definitions", RR-6829). Part of the definition of the functions, and for nothing else: everything
// random of ours comes from a RandomStream.

// Row by row; element (i, j) is [i][j].
using BbobMatrix = std::vector<std::vector<double>>;

// `count` numbers in (0, 1].
std::vector<double> BbobUniform(int count, int64_t seed);
// `count` standard normal numbers.
std::vector<double> BbobGauss(int count, int64_t seed);
// A random rotation of `dimension` dimensions.
BbobMatrix BbobRotation(int64_t seed, int dimension);
// The usual place of the optimum, in [-4, 4]^dimension with four decimals.
std::vector<double> BbobOptimum(int64_t seed, int dimension);
// The value at the optimum of a function's instance, in [-1000, 1000] with two decimals.
double BbobOptimalValue(int function, int instance);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_BBOB_RANDOM_H_
