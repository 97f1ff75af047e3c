#include "suggestion/finite_space.h"

#include <utility>

namespace qalam {

std::optional<FiniteSpace> FiniteSpace::Of(std::shared_ptr<const SearchSpace> space) {
  const std::optional<int64_t> size = space->PointCount();
  if (!size.has_value()) return std::nullopt;
  return FiniteSpace(std::move(space), *size);
}

FiniteSpace::FiniteSpace(std::shared_ptr<const SearchSpace> space, int64_t size)
    : space_(std::move(space)), size_(size) {}

Assignment FiniteSpace::At(int64_t index) const { return space_->PointAt(index); }

}  // namespace qalam
