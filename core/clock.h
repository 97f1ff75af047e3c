#ifndef QALAM_CORE_CLOCK_H_
#define QALAM_CORE_CLOCK_H_

#include "absl/time/time.h"

namespace qalam {

// Where time comes from. Passed in wherever time is needed, so that tests choose it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's wall clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

}  // namespace qalam

#endif  // QALAM_CORE_CLOCK_H_
