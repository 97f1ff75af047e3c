#ifndef QALAM_CONTROLLER_SPEC_QUOTE_H_
#define QALAM_CONTROLLER_SPEC_QUOTE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace qalam {

// `text` in double quotes for a message to a person: on one line, control characters and quotes
// escaped, cut after 80 characters with "..." behind.
std::string Quote(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_QUOTE_H_
