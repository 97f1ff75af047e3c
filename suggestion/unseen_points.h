#ifndef QALAM_SUGGESTION_UNSEEN_POINTS_H_
#define QALAM_SUGGESTION_UNSEEN_POINTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "core/history.h"
#include "core/search_space.h"
#include "suggestion/finite_space.h"

namespace qalam {

// Which points neither a history nor the request being answered has. Lives for one request; making
// one is cheap whatever the length of the history.
class UnseenPoints {
 public:
  // Both must outlive the object. `finite` is the numbering of the history's space, or null when it
  // has none.
  UnseenPoints(const History& history, const FiniteSpace* finite);

  // False when the space is finite and every point of it has been seen.
  bool AnyLeft() const;
  bool IsUnseen(const Assignment& assignment) const;
  // Marks a point of this request as seen.
  void Take(const Assignment& assignment);
  // What was taken, in order.
  const std::vector<Assignment>& taken() const { return taken_in_order_; }

  // A point chosen uniformly among the unseen; `key` names the choice. Nothing when none is left or
  // the space has no numbering. Looks at N / (unseen points) of the N points on average, so using
  // up a space costs N log N in all.
  std::optional<Assignment> Pick(uint64_t key) const;

 private:
  const History& history_;
  const FiniteSpace* finite_;
  absl::flat_hash_set<Assignment> taken_;
  std::vector<Assignment> taken_in_order_;
  int64_t newly_taken_ = 0;  // those of taken_ that the history does not have
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_UNSEEN_POINTS_H_
