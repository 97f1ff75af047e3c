#ifndef QALAM_SUGGESTION_FEASIBLE_H_
#define QALAM_SUGGESTION_FEASIBLE_H_

#include <optional>

#include "absl/types/span.h"
#include "core/history.h"
#include "core/random_stream.h"
#include "core/search_space.h"
#include "suggestion/unseen_points.h"

namespace qalam {

// What algorithms do about the constraints of a search space. Where proposals come from a search of
// many candidates (an acquisition function, samples of a model), leave out those for which
// SearchSpace::Satisfies is false; where there is one candidate (a mutant, a particle, a point of a
// sequence), move it with RepairPoint. OneByOneSuggester repairs whatever it is given, so that no
// algorithm can propose a point that violates a constraint; better ones see to it before.

// The proposal that `unit` (a point of the unit cube, space().size() numbers) stands for, moved to
// where the constraints hold when it violates them, staying near: to the last place where they hold
// on the straight lines to known satisfying points (trials nearest to it, those of this request
// included, and the space's known point), found by bisection; or by changing single parameters. The
// nearest result that is unseen wins. Without constraints, or where they hold, the proposal itself,
// seen or not.
//
// Always satisfies the constraints and is canonical. Seen only when nothing unseen was found; in
// spaces with a numbering that means that nothing is left. A function of its arguments alone;
// `random` should be named for the trial. Costs about a millisecond.
Assignment RepairPoint(absl::Span<const double> unit, const History& history,
                       const UnseenPoints& unseen, RandomStream* random);

// An unseen point that satisfies the constraints, near to `unit`: the first of ever larger random
// moves of it that is one, else any that the numbering of the space has; `unit` itself when there
// is none. For proposals that stand for a point which was seen already.
Assignment UnseenNear(absl::Span<const double> unit, const SearchSpace& space,
                      const UnseenPoints& unseen, RandomStream* random);

// The last satisfying point on the straight line in the unit cube from `to`, which satisfies the
// constraints, towards `from`, which need not: by bisection, to within 2^-30 of the line.
Assignment LastSatisfyingTowards(const SearchSpace& space, absl::Span<const double> from,
                                 const Assignment& to);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FEASIBLE_H_
