#ifndef QALAM_MATH_FRONT_LEVELS_H_
#define QALAM_MATH_FRONT_LEVELS_H_

#include <vector>

#include "absl/types/span.h"
#include "math/pareto.h"

namespace qalam {

// The fronts (see NonDominatedSort) of rows that come one by one: only those that a new row moves
// are looked at again (efficient non-domination level update: Li, Deb, Zhang and Zhang, IEEE TEC
// 21, 2017). Mostly a new row costs about what one or two fronts hold.
class FrontLevels {
 public:
  // `width` > 0.
  explicit FrontLevels(int width) : width_(width) {}

  void Insert(absl::Span<const double> row);

  LossRows rows() const { return {values_, width_}; }
  int fronts() const { return static_cast<int>(fronts_.size()); }
  // Rows in the order of their insertion, counted from 0.
  const std::vector<int>& front(int i) const { return fronts_[static_cast<size_t>(i)]; }

 private:
  bool IsDominatedBy(const std::vector<int>& front, int row) const;

  int width_;
  std::vector<double> values_;
  std::vector<std::vector<int>> fronts_;
};

}  // namespace qalam

#endif  // QALAM_MATH_FRONT_LEVELS_H_
