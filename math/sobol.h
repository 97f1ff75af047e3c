#ifndef QALAM_MATH_SOBOL_H_
#define QALAM_MATH_SOBOL_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// The Sobol sequence, randomised by nested uniform scrambling: points that fill the unit cube more
// evenly than random ones, and stay unbiased.
//
// Every aligned run of 2^m points (0 .. 2^m-1 among them) puts one point into each of 2^m equal
// slices of every axis, and into each elementary box of area 2^-m of the first two axes. Points may
// be asked for in any order; a point is a function of (seed, index) and the same on every machine.
class SobolSequence {
 public:
  // Requires dimensions >= 0. Direction numbers are those of Joe and Kuo (2008) for 1024
  // dimensions; beyond, they are used again with independently shuffled indices (Burley, "Practical
  // hash-based Owen scrambling", 2020, section 4), which keeps each axis evenly filled.
  SobolSequence(int dimensions, uint64_t seed);

  int dimensions() const { return dimensions_; }
  // One coordinate of point `index`: a multiple of 2^-53 strictly between 0 and 1.
  double Coordinate(uint64_t index, int dimension) const;
  // The whole point; `point` has dimensions() elements.
  void Point(uint64_t index, absl::Span<double> point) const;

 private:
  // Column b: the digits (highest bit first) that bit b of an index adds to a coordinate.
  using DirectionNumbers = std::array<uint32_t, 32>;

  int dimensions_;
  uint64_t seed_;
  std::vector<DirectionNumbers> directions_;  // of the first min(dimensions, 1024) axes
};

}  // namespace qalam

#endif  // QALAM_MATH_SOBOL_H_
