#ifndef QALAM_TRIALS_METRICS_METRIC_VALUE_H_
#define QALAM_TRIALS_METRICS_METRIC_VALUE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace qalam {

// The number that a logged text denotes: decimal, or nan, inf, infinity in any case with an
// optional sign. Nothing for other texts.
std::optional<double> MetricNumber(absl::string_view text);

// The length of the nan, inf or infinity (any case, no sign) that `text` begins with, when no
// letter, digit or underscore follows it; else 0.
size_t NonFiniteWordLength(absl::string_view text);

// The time that `text` is in RFC 3339 ("2024-05-01T10:00:00.5Z", "...+02:00"); any fraction.
std::optional<absl::Time> ParseTimestamp(absl::string_view text);

// The time that is `text` seconds since 1970, a decimal number, exact to the nanosecond where it
// has no exponent. Nothing when it is no number or not in the years 1 to 9999.
std::optional<absl::Time> ParseEpochSeconds(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_TRIALS_METRICS_METRIC_VALUE_H_
