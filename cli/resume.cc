// qalam resume: goes on with an experiment of the store.
#include <utility>
#include <vector>

#include "cli/session.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

absl::StatusOr<ExitCode> ResumeExperiments(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const RunSettings settings, ReadRunSettings(invocation.flags));
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  std::vector<DriveItem> items;
  for (const std::string& name : invocation.args()) {
    QALAM_ASSIGN_OR_RETURN(ExperimentRecord record, workspace.FindExperiment(invocation.ns, name));
    QALAM_ASSIGN_OR_RETURN(ExperimentSpec spec, SpecOf(record));
    items.push_back({std::move(record), std::move(spec), /*resumed=*/true});
  }
  return Drive(invocation, workspace, items, settings);
}

}  // namespace

VerbSpec ResumeVerb() {
  return {.name = "resume",
          .summary = "Go on with an experiment that was stopped or interrupted",
          .usage = "EXPERIMENT...",
          .description =
              "Goes on where the experiment stands: trials that were interrupted run again, those\n"
              "that still run after their qalam process was killed are taken over. A finished\n"
              "experiment is only shown; `qalam edit` can raise its limits first. Otherwise as\n"
              "`qalam run`.",
          .min_args = 1,
          .args = {{.kind = ArgKind::kExperiment}},
          .flags = RunFlags(),
          .examples = {{"qalam resume digits", "Go on with an experiment"},
                       {"qalam resume digits --quiet -o json", "Print the final object only"}},
          .run = ResumeExperiments};
}

}  // namespace qalam
