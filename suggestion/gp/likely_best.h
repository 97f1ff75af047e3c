#ifndef QALAM_SUGGESTION_GP_LIKELY_BEST_H_
#define QALAM_SUGGESTION_GP_LIKELY_BEST_H_

#include <cstdint>
#include <optional>

#include "core/history.h"

namespace qalam::gp {

// The trial that is most likely the best one where results are noisy, by what all of them together
// say: the least posterior mean of a Gaussian process, not the luckiest measurement.
struct LikelyBest {
  int64_t number = 0;    // of the trial
  double predicted = 0;  // its value without noise, in the metric's units
  double deviation = 0;  // how uncertain that is
  double noise = 0;      // by how much results near there vary by themselves (a deviation)
};

// Of the trials that succeeded with a finite objective and keep to the outcome constraints. Nothing
// where the measurements can be taken as they are: the model finds no noise worth the name, there
// are fewer than 20 results, several metrics are optimised, or no parameter has two values. A
// function of the history; takes some tenths of a second however long that is.
std::optional<LikelyBest> FindLikelyBest(const History& history);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_LIKELY_BEST_H_
