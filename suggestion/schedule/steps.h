#ifndef QALAM_SUGGESTION_SCHEDULE_STEPS_H_
#define QALAM_SUGGESTION_SCHEDULE_STEPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/search_space.h"

namespace qalam {

// The setting that holds the steps of a schedule.
inline constexpr char kStepsSetting[] = "steps";

// The steps of a schedule as the text of that setting: a JSON object a line, which has a text for
// each parameter that exists there.
std::string FormatSteps(const std::vector<NamedValues>& steps);

// Reads such a text; numbers may stand without quotes, parameters with a default may be left out,
// and empty lines mean nothing. From 1 to 10,000 steps, each a point of the space. InvalidArgument
// that begins with "setting steps" and names the line.
absl::StatusOr<std::vector<Assignment>> ParseSteps(absl::string_view text,
                                                   const SearchSpace& space);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_SCHEDULE_STEPS_H_
