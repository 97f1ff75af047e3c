#ifndef QALAM_SUGGESTION_NEIGHBOURS_H_
#define QALAM_SUGGESTION_NEIGHBOURS_H_

#include <optional>

#include "core/random_stream.h"
#include "core/search_space.h"
#include "suggestion/unseen_points.h"

namespace qalam {

// An unseen point near `assignment`, which the space must hold: one that differs in one parameter
// of finitely many values, where there is one, by as few steps as possible for ordered parameters
// and by any value for categorical ones; else any unseen point. `random` breaks ties. Nothing when
// the space is used up, or has neither such a neighbour nor a numbering.
std::optional<Assignment> NearestUnseen(const SearchSpace& space, const UnseenPoints& unseen,
                                        const Assignment& assignment, RandomStream& random);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_NEIGHBOURS_H_
