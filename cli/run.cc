// qalam run: runs the experiments of files to their end.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/load_files.h"
#include "cli/reporter.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/warm_start.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// What is to be done for an experiment of a file.
struct Plan {
  ExperimentSpec spec;                     // as in the file
  std::optional<ExperimentRecord> stored;  // the one of that name, where there is one
  bool edit = false;                       // its limits are to become those of the file
};

// InvalidArgument when the file's experiment is another one than the stored one.
absl::Status CheckSameSpec(const ExperimentRecord& stored, const ExperimentSpec& spec) {
  const Json manifest = Json::parse(stored.manifest, nullptr, /*allow_exceptions=*/false);
  if (manifest.is_discarded()) {
    return absl::DataLossError(absl::StrCat("experiment ", FullName(stored),
                                            ": its manifest in the store is damaged; "
                                            "`qalam delete experiment ",
                                            stored.name, "` removes it"));
  }
  const std::vector<std::string> paths = DiffSpecs(manifest, *spec.manifest);
  if (paths.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "experiment ", FullName(stored), " exists (", stored.condition,
      ") and differs from the file "
      "in:\n  ",
      absl::StrJoin(paths, "\n  "),
      "\nOnly maxTrialCount, parallelTrialCount and maxFailedTrialCount may change. Give the "
      "experiment another metadata.name, or remove the old one: qalam delete experiment ",
      stored.name, stored.ns == "default" ? "" : absl::StrCat(" -n ", stored.ns)));
}

// True when `wanted` lets a complete experiment have more trials than `limits` did.
bool IsLarger(const Budget& wanted, const Budget& limits) {
  if (!limits.max_trial_count.has_value()) return false;
  return !wanted.max_trial_count.has_value() || *wanted.max_trial_count > *limits.max_trial_count;
}

absl::StatusOr<Plan> MakePlan(const Invocation& invocation, const Workspace& workspace,
                              const ExperimentSpec& spec) {
  Plan plan{.spec = spec};
  absl::StatusOr<ExperimentRecord> stored = workspace.store().GetExperiment(spec.ns, spec.name);
  if (absl::IsNotFound(stored.status())) {
    QALAM_ASSIGN_OR_RETURN(const std::vector<std::string> warnings,
                           AddSources(workspace.store(), &plan.spec));
    for (const std::string& warning : warnings) {
      invocation.err->Write(
          absl::StrCat("warning: experiment ", spec.ns, "/", spec.name, ": ", warning, "\n"));
    }
    return plan;
  }
  QALAM_RETURN_IF_ERROR(stored.status());
  QALAM_RETURN_IF_ERROR(CheckSameSpec(*stored, spec));
  const Budget limits = BudgetOf(*stored);
  plan.edit = IsComplete(*stored) ? IsLarger(spec.budget, limits) : spec.budget != limits;
  plan.stored = *std::move(stored);
  return plan;
}

absl::StatusOr<DriveItem> CarryOut(const Invocation& invocation, const Workspace& workspace,
                                   const Plan& plan) {
  if (!plan.stored.has_value()) {
    QALAM_ASSIGN_OR_RETURN(ExperimentRecord record, CreateExperiment(&workspace.store(), plan.spec,
                                                                     invocation.clock->Now()));
    return DriveItem{std::move(record), plan.spec, /*resumed=*/false};
  }
  ExperimentRecord record = *plan.stored;
  QALAM_ASSIGN_OR_RETURN(ExperimentSpec spec, SpecOf(record));
  if (plan.edit) {
    absl::StatusOr<ExperimentRecord> edited =
        EditUnderLock(invocation, workspace, record, spec, plan.spec.budget);
    if (edited.ok()) {
      record = *std::move(edited);
      spec.budget = plan.spec.budget;
      invocation.err->Write(absl::StrCat("experiment ", FullName(record), ": limits changed to ",
                                         DescribeBudget(spec.budget), "\n"));
    } else if (IsComplete(record) && absl::IsFailedPrecondition(edited.status())) {
      invocation.err->Write(
          absl::StrCat("note: the file has larger limits, but: ", edited.status().message(), "\n"));
    } else {
      return edited.status();
    }
  }
  return DriveItem{std::move(record), std::move(spec), /*resumed=*/true};
}

absl::StatusOr<ExitCode> Run(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const RunSettings settings, ReadRunSettings(invocation.flags));
  QALAM_ASSIGN_OR_RETURN(const LoadResult loaded, LoadFiles(invocation));
  invocation.err->Write(FormatDiagnostics(loaded.diagnostics));
  if (HasErrors(loaded.diagnostics)) return ExitCode::kUsage;
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Create(invocation));
  // All are checked before the first one is created.
  std::vector<Plan> plans;
  for (const ExperimentSpec& spec : loaded.experiments) {
    QALAM_ASSIGN_OR_RETURN(Plan plan, MakePlan(invocation, workspace, spec));
    plans.push_back(std::move(plan));
  }
  std::vector<DriveItem> items;
  for (const Plan& plan : plans) {
    QALAM_ASSIGN_OR_RETURN(DriveItem item, CarryOut(invocation, workspace, plan));
    items.push_back(std::move(item));
  }
  return Drive(invocation, workspace, items, settings);
}

}  // namespace

VerbSpec RunVerb() {
  std::vector<FlagSpec> flags = LoadFlags();
  for (FlagSpec& flag : RunFlags()) flags.push_back(std::move(flag));
  return {.name = "run",
          .summary = "Run the experiments of files to their end",
          .usage = "FILE...",
          .description = absl::StrCat(
              "Runs every Experiment of the files (- is standard input) on this machine, all at\n"
              "once, and shows how they go on. An experiment that exists already is resumed where\n"
              "it stands; one that is finished is only shown, unless the file raises its limits\n"
              "and its resumePolicy lets it go on.\n\n"
              "Ctrl-C stops: running trials get their grace time, and run again on resume. A\n"
              "second Ctrl-C kills them at once. Nothing is lost, not even with kill -9: the same\n"
              "command, or `qalam resume NAME`, goes on. The exit code is 0 when all experiments\n"
              "succeeded, 1 when one failed, 2 for an invalid file, 3 when stopped.\n\n",
              kJsonEventsHelp),
          .args = {{.kind = ArgKind::kFile}},
          .flags = std::move(flags),
          .examples = {{"qalam run experiment.yaml", "Run an experiment"},
                       {"qalam run experiment.yaml -o json > result.json",
                        "Keep the finished Experiment object"},
                       {"qalam run experiment.yaml --json | jq -c 'select(.event == \"metric\")'",
                        "Follow the metrics from a program"},
                       {"qalam run experiment.yaml --image-map docker.io/me/train:1=./train",
                        "Run the commands of an image in a folder of this machine"}},
          .run = Run};
}

}  // namespace qalam
