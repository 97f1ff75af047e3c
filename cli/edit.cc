// qalam edit: changes the limits of an experiment.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/remote_control.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/control.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Puts the flag's value into `limit`; "none" removes it.
absl::Status ReadLimit(const ParsedFlags& flags, absl::string_view name, bool* given,
                       std::optional<int64_t>& limit) {
  if (!flags.Value(name).has_value()) return absl::OkStatus();
  *given = true;
  if (*flags.Value(name) == "none") {
    limit.reset();
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<int64_t>> value = IntegerFlag(flags, name, 0);
  if (!value.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(value.status().message(), ", or none"));
  }
  limit = *value;
  return absl::OkStatus();
}

absl::StatusOr<Budget> ReadBudget(const ParsedFlags& flags, Budget budget) {
  bool given = false;
  QALAM_RETURN_IF_ERROR(ReadLimit(flags, "max-trial-count", &given, budget.max_trial_count));
  QALAM_RETURN_IF_ERROR(
      ReadLimit(flags, "max-failed-trial-count", &given, budget.max_failed_trial_count));
  QALAM_ASSIGN_OR_RETURN(const std::optional<int64_t> parallel,
                         IntegerFlag(flags, "parallel-trial-count", 1));
  if (parallel.has_value()) budget.parallel_trial_count = *parallel;
  if (!given && !parallel.has_value()) {
    return absl::InvalidArgumentError(
        "nothing to change; give --max-trial-count, --parallel-trial-count or "
        "--max-failed-trial-count");
  }
  return budget;
}

absl::StatusOr<ExitCode> Edit(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const Budget budget, ReadBudget(invocation.flags, BudgetOf(record)));
  const absl::Status asked =
      SendControl(workspace.dir().ControlPath(record.uid), EditRequest(budget));
  ExperimentRecord edited = record;
  if (absl::IsUnavailable(asked) || absl::IsNotFound(asked)) {
    QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
    QALAM_ASSIGN_OR_RETURN(edited, EditUnderLock(invocation, workspace, record, spec, budget));
  } else {
    QALAM_RETURN_IF_ERROR(asked);
  }
  invocation.out->Write(
      absl::StrCat("experiment ", FullName(record), ": ", DescribeBudget(budget), "\n"));
  if (edited.condition == "Restarting") {
    invocation.out->Write(absl::StrCat("it is restarting; `qalam resume ", record.name,
                                       "` runs the further trials\n"));
  }
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec EditVerb() {
  return {.name = "edit",
          .summary = "Change the limits of an experiment, also while it runs",
          .usage = "EXPERIMENT",
          .description =
              "A finished experiment whose resumePolicy is LongRunning or FromVolume, and that\n"
              "ended for its number of trials, can go on when maxTrialCount is raised; then\n"
              "`qalam resume` runs the further trials. Nothing else of an experiment can change.",
          .min_args = 1,
          .max_args = 1,
          .args = {{.kind = ArgKind::kExperiment}},
          .flags = {{.name = "max-trial-count",
                     .value = "N",
                     .help = "How many trials there may be, or none for no limit"},
                    {.name = "parallel-trial-count",
                     .value = "N",
                     .help = "How many trials may run at the same time"},
                    {.name = "max-failed-trial-count",
                     .value = "N",
                     .help = "How many failed trials make the experiment fail, or none"}},
          .examples = {{"qalam edit digits --max-trial-count 100", "Allow more trials"},
                       {"qalam edit digits --parallel-trial-count 8", "Run more at once"}},
          .run = Edit};
}

}  // namespace qalam
