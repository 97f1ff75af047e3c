#ifndef QALAM_SUGGESTION_FINITE_SPACE_H_
#define QALAM_SUGGESTION_FINITE_SPACE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "core/search_space.h"

namespace qalam {

// The points of a finite search space, those that satisfy its constraints, numbered in
// lexicographic order: the last parameter varies fastest, values in increasing order.
class FiniteSpace {
 public:
  // The most points that can be numbered: 2^62.
  static constexpr int64_t kMaxSize = int64_t{1} << 62;

  // Nothing when `space` is infinite, has more than kMaxSize points, or has constraints and more
  // than SearchSpace::kMaxEnumerated points without them.
  static std::optional<FiniteSpace> Of(std::shared_ptr<const SearchSpace> space);

  // The number of points, at least 1.
  int64_t size() const { return size_; }
  // The point numbered `index`, 0 <= index < size().
  Assignment At(int64_t index) const;

 private:
  FiniteSpace(std::shared_ptr<const SearchSpace> space, int64_t size);

  std::shared_ptr<const SearchSpace> space_;
  int64_t size_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FINITE_SPACE_H_
