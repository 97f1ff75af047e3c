#ifndef QALAM_SUGGESTION_FIDELITY_RANKING_H_
#define QALAM_SUGGESTION_FIDELITY_RANKING_H_

#include <cstdint>
#include <tuple>

#include "core/history.h"
#include "suggestion/outcome.h"

namespace qalam {

// A trial with a whole result, by how good it is; equals by age.
struct RankedTrial {
  double violation = 0;
  double loss = 0;
  int64_t number = 0;
  int index = 0;  // in the history

  friend bool operator<(const RankedTrial& a, const RankedTrial& b) {
    return std::tie(a.violation, a.loss, a.number) < std::tie(b.violation, b.loss, b.number);
  }
};

// Requires an outcome that is kObserved.
inline RankedTrial Ranked(const History& history, int i, const Outcome& outcome) {
  return {outcome.violation, outcome.loss, history.trial(i).number, i};
}

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_RANKING_H_
