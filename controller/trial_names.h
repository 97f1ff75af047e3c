#ifndef QALAM_CONTROLLER_TRIAL_NAMES_H_
#define QALAM_CONTROLLER_TRIAL_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace qalam {

// "<experiment>-<8 letters>", as Katib names trials, but a function of the experiment's uid and the
// trial's number; different for each of the first 27^8 numbers of an experiment.
std::string TrialName(absl::string_view experiment, absl::string_view experiment_uid,
                      int64_t number);

// A uid in the form of a UUID (version 8), a function of the experiment's uid and the number.
std::string TrialUid(absl::string_view experiment_uid, int64_t number);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_TRIAL_NAMES_H_
