#ifndef QALAM_SUGGESTION_HISTORY_AHEAD_H_
#define QALAM_SUGGESTION_HISTORY_AHEAD_H_

#include <memory>
#include <vector>

#include "core/history.h"
#include "suggestion/suggester.h"

namespace qalam {

// A copy of a history that can run ahead of it: with what was proposed in a request as pending.
class HistoryAhead {
 public:
  HistoryAhead(std::shared_ptr<const SearchSpace> space, Objective objective);

  // Takes over what is new in `history`, or all of it when it is not one that the copy knows.
  void Follow(const History& history);
  void AddPending(int64_t number, const Suggestion& suggestion);

  const History& history() const { return copy_; }

 private:
  void TakeNew(const History& history);
  void Take(const History& history, int i, std::vector<int>& open);

  std::shared_ptr<const SearchSpace> space_;
  Objective objective_;
  History copy_;
  std::vector<int> open_;  // those that were not final when they were looked at
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_HISTORY_AHEAD_H_
