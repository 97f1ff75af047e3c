#ifndef QALAM_CONTROLLER_SPEC_STRUCTURE_H_
#define QALAM_CONTROLLER_SPEC_STRUCTURE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/spec/report.h"

namespace qalam {

// Checks a document of kind Experiment against the table of fields: an error for each value of
// another type than its field's and each text that is not among the field's choices; for each
// unknown field a warning with a did-you-mean, or an error when `strict`.
void CheckStructure(const SpecField& experiment, bool strict);

// The same for the fields of a batch/v1 Job that Kubernetes knows (names only).
void CheckJobFields(const SpecField& job, bool strict);

// What to say of a word that is not among those allowed: `"gird" is not allowed; did you mean
// "grid"? Allowed: grid or random`.
std::string NotAllowed(absl::string_view word, const std::vector<std::string>& allowed);

// "a, b, c", or the first of them "and 80 more".
std::string Listed(const std::vector<std::string>& words);

// ` Did you mean "lr"?`, or nothing when no candidate is near (or there are too many to compare).
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_STRUCTURE_H_
