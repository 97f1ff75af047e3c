#ifndef QALAM_EARLYSTOP_LOG_CURSOR_H_
#define QALAM_EARLYSTOP_LOG_CURSOR_H_

#include <cstddef>
#include <cstdint>

#include "core/curve_history.h"

namespace qalam {

// How far a cache has followed the log of a history.
class LogCursor {
 public:
  // Calls `take(curve, step)` for each entry that is new, with step 0 for a trial's end; and before
  // that `reset()` when the history has forgotten something, so that all entries are new.
  template <typename Reset, typename Take>
  void CatchUp(const CurveHistory& history, Reset reset, Take take) {
    if (generation_ != history.generation()) {
      generation_ = history.generation();
      next_ = 0;
      reset();
    }
    for (; next_ < history.log().size(); ++next_) {
      const CurveHistory::Entry& entry = history.log()[next_];
      take(history.curve(entry.curve), static_cast<int64_t>(entry.step));
    }
  }

 private:
  int64_t generation_ = 0;
  size_t next_ = 0;
};

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_LOG_CURSOR_H_
