#include "suggestion/finite_space.h"

#include <cmath>
#include <cstddef>
#include <utility>

namespace qalam {

std::optional<FiniteSpace> FiniteSpace::Of(std::shared_ptr<const SearchSpace> space) {
  std::vector<int64_t> counts;
  int64_t size = 1;
  for (const Parameter& parameter : space->parameters()) {
    const double cardinality = parameter.Cardinality();
    if (!std::isfinite(cardinality)) return std::nullopt;
    const int64_t count = static_cast<int64_t>(cardinality);
    if (count > kMaxSize / size) return std::nullopt;
    counts.push_back(count);
    size *= count;
  }
  return FiniteSpace(std::move(space), std::move(counts), size);
}

FiniteSpace::FiniteSpace(std::shared_ptr<const SearchSpace> space, std::vector<int64_t> counts,
                         int64_t size)
    : space_(std::move(space)), counts_(std::move(counts)), size_(size) {}

Assignment FiniteSpace::At(int64_t index) const {
  Assignment assignment(counts_.size());
  for (size_t i = counts_.size(); i-- > 0;) {
    assignment[i] = space_->parameter(static_cast<int>(i)).ValueAt(index % counts_[i]);
    index /= counts_[i];
  }
  return assignment;
}

}  // namespace qalam
