#ifndef QALAM_SERVER_TRIAL_CODES_H_
#define QALAM_SERVER_TRIAL_CODES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace qalam {

// The names that a server without memory gives to the trials it proposes: clients send them back,
// and the trial's number is read from them. A name is the experiment's name and 12 letters, which
// stand for the trial's number, the experiment's id and a check; it is a DNS-1123 label as long as
// the experiment's name has at most 50 characters.

// What a code says.
struct TrialCode {
  int64_t number = 0;
  // Tells the trials of one experiment from those of another of the same name (in another
  // namespace, or deleted since).
  uint32_t id = 0;
  friend bool operator==(const TrialCode&, const TrialCode&) = default;
};

// Numbers and ids are smaller than these.
inline constexpr int64_t kMaxTrialNumber = int64_t{1} << 24;
inline constexpr uint32_t kMaxExperimentId = uint32_t{1} << 17;

// Requires number and id within their limits.
std::string CodedTrialName(absl::string_view experiment, const TrialCode& code);
// Nothing when the name was not made by CodedTrialName for this experiment (but for one in 65,536
// names of the same form).
std::optional<TrialCode> ParseTrialName(absl::string_view experiment, absl::string_view name);

// An id for an experiment that is first seen at `now`.
uint32_t NewExperimentId(absl::string_view experiment, absl::Time now);

}  // namespace qalam

#endif  // QALAM_SERVER_TRIAL_CODES_H_
