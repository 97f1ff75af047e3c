#ifndef QALAM_CLI_EXIT_CODE_H_
#define QALAM_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace qalam {

// What the program's exit code says; scripts depend on it.
enum class ExitCode {
  kSuccess = 0,
  kFailed = 1,   // an experiment ended as Failed; `best`: there is no best trial yet
  kUsage = 2,    // bad usage, invalid spec, no such experiment or trial
  kStopped = 3,  // stopped before its end; can be resumed
  kError = 4,    // anything else: the store, the disk, another process drives the experiment
};

// The code for an error that ends the program.
inline ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kSuccess;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return ExitCode::kUsage;
    default:
      return ExitCode::kError;
  }
}

}  // namespace qalam

#endif  // QALAM_CLI_EXIT_CODE_H_
