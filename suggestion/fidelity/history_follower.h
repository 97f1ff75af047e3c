#ifndef QALAM_SUGGESTION_FIDELITY_HISTORY_FOLLOWER_H_
#define QALAM_SUGGESTION_FIDELITY_HISTORY_FOLLOWER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "core/history.h"

namespace qalam {

// What is computed from a history trial by trial, and kept up as it grows: costs what is new. A
// history that does not extend the one before is gone through from the beginning. Results come in
// any order, so that what is computed must not depend on it.
class HistoryFollower {
 public:
  virtual ~HistoryFollower() = default;

  void Update(const History& history);
  // The next Update goes through the history from the beginning.
  void Forget() { forgotten_ = true; }

 protected:
  // Forgets everything.
  virtual void Reset() = 0;
  // The i-th trial is new; in order of number. Whether it has ended is told by End.
  virtual void Begin(const History& history, int i) = 0;
  // The i-th trial has ended.
  virtual void End(const History& history, int i) = 0;

 private:
  struct Open {
    int index = 0;
    uint64_t hash = 0;    // its ResultHash when it was last looked at
    uint64_t labels = 0;  // a hash of them when it began
  };
  bool TakeNew(const History& history);

  bool forgotten_ = false;
  int known_ = 0;
  uint64_t prefix_ = 0;
  uint64_t results_ = 0;  // the sum of the ResultHash of what was seen
  std::vector<Open> open_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_HISTORY_FOLLOWER_H_
