// qalam stop: stops an experiment that another process drives.
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/remote_control.h"
#include "cli/session.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/control.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

absl::StatusOr<ExitCode> TellEnd(const Invocation& invocation, const Workspace& workspace,
                                 const ExperimentRecord& record) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord ended, WaitUntilUndriven(workspace, record));
  invocation.out->Write(absl::StrCat("experiment ", FullName(record), " is ", ended.condition));
  if (!IsComplete(ended)) {
    invocation.out->Write(absl::StrCat("; `qalam resume ", record.name, "` goes on"));
  }
  invocation.out->Write("\n");
  return ExitCode::kSuccess;
}

// Ends what a process that was killed left running.
absl::StatusOr<ExitCode> StopUndriven(const Invocation& invocation, const Workspace& workspace,
                                      const ExperimentRecord& asked_for, StopMode mode) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.store().GetExperiment(asked_for.ns, asked_for.name));
  QALAM_ASSIGN_OR_RETURN(const bool leftovers, MayHaveLeftovers(workspace, record));
  if (!leftovers) {
    invocation.out->Write(absl::StrCat("nothing to stop: no process runs experiment ",
                                       FullName(record), " (", record.condition, ")\n"));
    return ExitCode::kSuccess;
  }
  invocation.out->Write(absl::StrCat("no process runs experiment ", FullName(record),
                                     "; ending what the last one left behind\n"));
  invocation.out->Flush();
  QALAM_RETURN_IF_ERROR(StopAbandoned(invocation, workspace, record, mode));
  return TellEnd(invocation, workspace, record);
}

absl::StatusOr<ExitCode> Stop(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  const StopMode mode = invocation.flags.IsOn("now") ? StopMode::kNow : StopMode::kGraceful;
  const absl::Status asked =
      SendControl(workspace.dir().ControlPath(record.uid), StopRequest(mode));
  // Unavailable: nobody listens. NotFound: the process that listens has finished this experiment.
  if (absl::IsUnavailable(asked) || absl::IsNotFound(asked)) {
    return StopUndriven(invocation, workspace, record, mode);
  }
  QALAM_RETURN_IF_ERROR(asked);
  if (invocation.flags.IsOn("wait", /*by_default=*/true)) {
    return TellEnd(invocation, workspace, record);
  }
  invocation.out->Write(absl::StrCat("experiment ", FullName(record), " is stopping\n"));
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec StopVerb() {
  return {.name = "stop",
          .summary = "Stop an experiment that runs; it can be resumed",
          .usage = "EXPERIMENT",
          .description =
              "No new trials begin, running ones get their grace time to end and run again on\n"
              "resume. Waits until that is done. Where the process that drove the experiment was\n"
              "killed, trials that it left running are ended.",
          .min_args = 1,
          .max_args = 1,
          .args = {{.kind = ArgKind::kExperiment}},
          .flags = {{.name = "now", .help = "Kill running trials at once"},
                    {.name = "wait", .help = "Wait until it is stopped; --wait=false does not"}},
          .examples = {{"qalam stop digits", "Stop an experiment"},
                       {"qalam stop digits --now", "Stop it without grace time"}},
          .run = Stop};
}

}  // namespace qalam
