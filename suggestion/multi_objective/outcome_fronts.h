#ifndef QALAM_SUGGESTION_MULTI_OBJECTIVE_OUTCOME_FRONTS_H_
#define QALAM_SUGGESTION_MULTI_OBJECTIVE_OUTCOME_FRONTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/outcome.h"

namespace qalam {

// Adds all losses of an outcome, the first one first.
void AppendLosses(const Outcome& outcome, std::vector<double>& losses);

// True when `a` is a better result than `b` in the order of BetterOutcome, with domination in the
// place of the loss.
bool DominatesOutcome(const Outcome& a, const Outcome& b);

// The fronts of outcomes that have losses, the best first, in the order of BetterOutcome with
// domination in the place of the loss (constrained domination: Deb et al., IEEE TEC 6, 2002):
// observed ones before partial ones; of each, the feasible ones by domination, then the others by
// their violations. Elements are indices in `outcomes`, in increasing order. Ends after the front
// with which there are `enough` of them.
std::vector<std::vector<int>> OutcomeFronts(absl::Span<const Outcome* const> outcomes,
                                            size_t enough = SIZE_MAX);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_MULTI_OBJECTIVE_OUTCOME_FRONTS_H_
