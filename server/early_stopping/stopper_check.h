#ifndef QALAM_SERVER_EARLY_STOPPING_STOPPER_CHECK_H_
#define QALAM_SERVER_EARLY_STOPPING_STOPPER_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "earlystop/registry.h"

namespace qalam {

// Checks a stopping rule and its settings. InvalidArgument with the first problem: in Katib's words
// where Katib has words for it, else in ours.
absl::Status CheckStopper(const std::string& name, const StopperSpec& spec);

}  // namespace qalam

#endif  // QALAM_SERVER_EARLY_STOPPING_STOPPER_CHECK_H_
