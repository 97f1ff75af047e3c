#ifndef QALAM_CORE_FEASIBLE_POINT_H_
#define QALAM_CORE_FEASIBLE_POINT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/constraint.h"
#include "core/random_stream.h"
#include "core/search_space.h"

namespace qalam {

// Looks for a canonical, allowed assignment that satisfies `constraints` (a part of those of
// `space`, or all), near `start` at first: a walk that changes one parameter of a failed test at a
// time, to where the test becomes true or anywhere, and keeps what violates less (as WalkSAT does,
// Selman, Kautz and Cohen, 1994), begun anew from random points when it is stuck. Equations between
// continuous parameters are met. Nothing when `max_changes` were not enough; takes microseconds a
// change, so that the default is bounded by a fraction of a second.
std::optional<Assignment> FindSatisfying(const SearchSpace& space,
                                         absl::Span<const ParameterConstraint> constraints,
                                         const Assignment& start, RandomStream* random,
                                         int max_changes = 20000);

// Why no point of `space` was found: InvalidArgument that names a constraint that excludes
// everything by itself, else the first that does together with those before it.
absl::Status ExplainUnsatisfied(const SearchSpace& space);

}  // namespace qalam

#endif  // QALAM_CORE_FEASIBLE_POINT_H_
