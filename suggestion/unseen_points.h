#ifndef QALAM_SUGGESTION_UNSEEN_POINTS_H_
#define QALAM_SUGGESTION_UNSEEN_POINTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "core/history.h"
#include "core/search_space.h"
#include "suggestion/duplicates.h"
#include "suggestion/finite_space.h"

namespace qalam {

// Which points may be proposed: under kAvoid those that neither a history nor the request being
// answered has. Lives for one request; making one is cheap whatever the length of the history.
class UnseenPoints {
 public:
  // So many results in a row are reused (kReuse) before a search has to try something new.
  static constexpr int kMaxReusedInARow = 20;

  // Both must outlive the object. `finite` is the numbering of the history's space, or null when it
  // has none.
  UnseenPoints(const History& history, const FiniteSpace* finite,
               DuplicatePolicy duplicates = DuplicatePolicy::kAvoid);

  // False when the space is finite and every point of it has been seen; never under kReplicate.
  bool AnyLeft() const;
  // True when the point may be proposed: it has not been seen, or the policy lets it come again.
  bool IsUnseen(const Assignment& assignment) const;
  // True when neither the history nor this request has the point, whatever the policy.
  bool IsNew(const Assignment& assignment) const;
  // True when the search is over: results are reused and there is nothing else left to find out.
  bool Exhausted() const { return duplicates_ == DuplicatePolicy::kReuse && !AnyLeft(); }
  // Marks a point of this request as seen.
  void Take(const Assignment& assignment);
  // What was taken, in order.
  const std::vector<Assignment>& taken() const { return taken_in_order_; }

  // A point chosen uniformly among the new; `key` names the choice. Nothing when none is left or
  // the space has no numbering. Looks at N / (unseen points) of the N points on average, so using
  // up a space costs N log N in all.
  std::optional<Assignment> Pick(uint64_t key) const;

 private:
  const History& history_;
  const FiniteSpace* finite_;
  DuplicatePolicy duplicates_;
  int reused_in_a_row_ = 0;  // the newest of the history and of what was taken
  absl::flat_hash_set<Assignment> taken_;
  std::vector<Assignment> taken_in_order_;
  int64_t newly_taken_ = 0;  // those of taken_ that the history does not have
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_UNSEEN_POINTS_H_
