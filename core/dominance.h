#ifndef QALAM_CORE_DOMINANCE_H_
#define QALAM_CORE_DOMINANCE_H_

#include "absl/types/span.h"

namespace qalam {

// True when `a` is nowhere larger than `b`, and somewhere smaller. Both have the same length.
bool Dominates(absl::Span<const double> a, absl::Span<const double> b);

}  // namespace qalam

#endif  // QALAM_CORE_DOMINANCE_H_
