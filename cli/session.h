#ifndef QALAM_CLI_SESSION_H_
#define QALAM_CLI_SESSION_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/run_settings.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/engine.h"

namespace qalam {

// An experiment of the store that is to be driven to its end.
struct DriveItem {
  ExperimentRecord record;
  ExperimentSpec spec;
  bool resumed = false;  // it was there before
};

// Drives all items at once until each is finished or stopped (Ctrl-C, `qalam stop`), shows how they
// go on, and then their results. Items that are complete already are not driven, only shown. The
// exit code is the worst of theirs.
absl::StatusOr<ExitCode> Drive(const Invocation& invocation, const Workspace& workspace,
                               const std::vector<DriveItem>& items, const RunSettings& settings);

// True when trials may still run although no process drives the experiment: its process was killed.
absl::StatusOr<bool> MayHaveLeftovers(const Workspace& workspace, const ExperimentRecord& record);

// Takes an experiment over whose driving process died, ends what that left running, and leaves it
// Suspended. FailedPrecondition when it is driven.
absl::Status StopAbandoned(const Invocation& invocation, const Workspace& workspace,
                           const ExperimentRecord& record, StopMode mode);

// Waits until no process drives the experiment and returns it as it then is.
absl::StatusOr<ExperimentRecord> WaitUntilUndriven(const Workspace& workspace,
                                                   const ExperimentRecord& record);

// Changes the limits of an experiment that nobody drives, under its lock.
absl::StatusOr<ExperimentRecord> EditUnderLock(const Invocation& invocation,
                                               const Workspace& workspace,
                                               const ExperimentRecord& record,
                                               const ExperimentSpec& spec, const Budget& budget);

}  // namespace qalam

#endif  // QALAM_CLI_SESSION_H_
