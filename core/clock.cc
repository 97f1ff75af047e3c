#include "core/clock.h"

#include "absl/time/clock.h"

namespace qalam {

absl::Time SystemClock::Now() const { return absl::Now(); }

}  // namespace qalam
