#ifndef QALAM_TRIALS_RUNNERS_SUPERVISOR_IMAGE_H_
#define QALAM_TRIALS_RUNNERS_SUPERVISOR_IMAGE_H_

#include "absl/strings/string_view.h"

namespace qalam {

// The program qalam-supervisor (trials/supervisor/host_main.cc) as an ELF file.
absl::string_view SupervisorImage();

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_SUPERVISOR_IMAGE_H_
