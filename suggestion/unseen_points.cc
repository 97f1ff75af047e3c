#include "suggestion/unseen_points.h"

#include <utility>

#include "math/permutation.h"

namespace qalam {

UnseenPoints::UnseenPoints(const History& history, const FiniteSpace* finite)
    : history_(history), finite_(finite) {}

bool UnseenPoints::AnyLeft() const {
  return finite_ == nullptr || history_.distinct_points() + newly_taken_ < finite_->size();
}

bool UnseenPoints::IsUnseen(const Assignment& assignment) const {
  return !history_.ContainsAssignment(assignment) && !taken_.contains(assignment);
}

void UnseenPoints::Take(const Assignment& assignment) {
  if (IsUnseen(assignment)) ++newly_taken_;
  taken_.insert(assignment);
  taken_in_order_.push_back(assignment);
}

std::optional<Assignment> UnseenPoints::Pick(uint64_t key) const {
  if (finite_ == nullptr || !AnyLeft()) return std::nullopt;
  // The first unseen point of a random order. A plain scan from a random place would favour points
  // after long runs of seen ones, and would be slower.
  const IndexPermutation order(finite_->size(), key);
  for (int64_t i = 0; i < finite_->size(); ++i) {
    Assignment assignment = finite_->At(order.At(i));
    if (IsUnseen(assignment)) return assignment;
  }
  return std::nullopt;
}

}  // namespace qalam
