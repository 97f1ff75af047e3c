#include "suggestion/unseen_points.h"

#include <optional>
#include <utility>

#include "math/permutation.h"

namespace qalam {

UnseenPoints::UnseenPoints(const History& history, const FiniteSpace* finite,
                           DuplicatePolicy duplicates)
    : history_(history), finite_(finite), duplicates_(duplicates) {
  if (duplicates_ != DuplicatePolicy::kReuse) return;
  for (int i = history.size() - 1; i >= 0 && reused_in_a_row_ < kMaxReusedInARow; --i) {
    const std::optional<int> first = history.FirstWith(history.trial(i).assignment);
    if (!first.has_value() || *first == i) break;
    ++reused_in_a_row_;
  }
}

bool UnseenPoints::AnyLeft() const {
  return duplicates_ == DuplicatePolicy::kReplicate || finite_ == nullptr ||
         history_.distinct_points() + newly_taken_ < finite_->size();
}

bool UnseenPoints::IsUnseen(const Assignment& assignment) const {
  if (duplicates_ == DuplicatePolicy::kReplicate || IsNew(assignment)) return true;
  return duplicates_ == DuplicatePolicy::kReuse && reused_in_a_row_ < kMaxReusedInARow &&
         history_.FirstResultOf(assignment).has_value();
}

bool UnseenPoints::IsNew(const Assignment& assignment) const {
  return !history_.ContainsAssignment(assignment) && !taken_.contains(assignment);
}

void UnseenPoints::Take(const Assignment& assignment) {
  const bool is_new = IsNew(assignment);
  if (is_new) ++newly_taken_;
  reused_in_a_row_ = is_new ? 0 : reused_in_a_row_ + 1;
  taken_.insert(assignment);
  taken_in_order_.push_back(assignment);
}

std::optional<Assignment> UnseenPoints::Pick(uint64_t key) const {
  if (finite_ == nullptr || history_.distinct_points() + newly_taken_ >= finite_->size()) {
    return std::nullopt;
  }
  // The first unseen point of a random order. A plain scan from a random place would favour points
  // after long runs of seen ones, and would be slower.
  const IndexPermutation order(finite_->size(), key);
  for (int64_t i = 0; i < finite_->size(); ++i) {
    Assignment assignment = finite_->At(order.At(i));
    if (IsNew(assignment)) return assignment;
  }
  return std::nullopt;
}

}  // namespace qalam
