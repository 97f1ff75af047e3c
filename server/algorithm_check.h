#ifndef QALAM_SERVER_ALGORITHM_CHECK_H_
#define QALAM_SERVER_ALGORITHM_CHECK_H_

#include "absl/status/status.h"
#include "controller/spec/search_reader.h"

namespace qalam {

// Checks algorithm, settings and limits of what was read. InvalidArgument with the first problem:
// in Katib's words where Katib has words for it, else in ours.
absl::Status CheckAlgorithmOf(const SearchSpec& search);

}  // namespace qalam

#endif  // QALAM_SERVER_ALGORITHM_CHECK_H_
