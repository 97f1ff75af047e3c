#ifndef QALAM_TESTS_MATH_RANDOM_ROWS_H_
#define QALAM_TESTS_MATH_RANDOM_ROWS_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/dominance.h"
#include "core/random_stream.h"
#include "math/pareto.h"

namespace qalam {

// Rows of whole numbers 0 .. side-1, so that many coordinates are equal and volumes can be counted
// cell by cell.
struct RandomRows {
  RandomRows(uint64_t seed, int width, int count, int side) : width(width) {
    RandomStream random(seed, static_cast<uint64_t>(width), "rows");
    for (int i = 0; i < count * width; ++i) {
      values.push_back(static_cast<double>(random.Below(static_cast<uint64_t>(side))));
    }
  }
  LossRows rows() const { return {values, width}; }

  int width;
  std::vector<double> values;
};

// The middles of all cells of the cube of side `side`.
inline std::vector<std::vector<double>> CellMiddles(int width, int side) {
  std::vector<std::vector<double>> cells(static_cast<size_t>(std::pow(side, width) + 0.5));
  for (size_t i = 0; i < cells.size(); ++i) {
    size_t rest = i;
    for (int k = 0; k < width; ++k) {
      cells[i].push_back(static_cast<double>(rest % static_cast<size_t>(side)) + 0.5);
      rest /= static_cast<size_t>(side);
    }
  }
  return cells;
}

inline bool IsDominatedByAny(LossRows rows, absl::Span<const double> point) {
  for (int i = 0; i < rows.size(); ++i) {
    if (Dominates(rows.row(i), point)) return true;
  }
  return false;
}

}  // namespace qalam

#endif  // QALAM_TESTS_MATH_RANDOM_ROWS_H_
