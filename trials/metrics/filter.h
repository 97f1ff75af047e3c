#ifndef QALAM_TRIALS_METRICS_FILTER_H_
#define QALAM_TRIALS_METRICS_FILTER_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace qalam {

// Katib's default for metricsFormat, an RE2 pattern.
inline constexpr absl::string_view kDefaultMetricFilter =
    R"(([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?))";

// What a filter matched in a line, and where the value (absent: the whole match) ends.
struct FilterMatch {
  absl::string_view name;
  absl::string_view value;  // may be empty, or a sign only
  size_t end = 0;
};

// Finds the first match of kDefaultMetricFilter in `line` at or after `*position` and moves
// `*position` behind it. False when there is none. The same matches as RE2's, many times faster.
bool NextDefaultMatch(absl::string_view line, size_t* position, FilterMatch* match);

// The numbers of the capturing groups of the RE2 pattern `filter` that lie in no other one, in
// order.
std::vector<int> TopLevelGroups(absl::string_view filter);

}  // namespace qalam

#endif  // QALAM_TRIALS_METRICS_FILTER_H_
