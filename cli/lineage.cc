// qalam lineage: the chain of trials that led to one, each going on from the one before.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/best_trials.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "controller/schedule_manifest.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

// The trial that `name` means: that one, or the best of the experiment of that name.
absl::StatusOr<Workspace::FoundTrial> FindLast(const Invocation& invocation,
                                               const Workspace& workspace,
                                               const std::string& name) {
  const absl::StatusOr<ExperimentRecord> record = workspace.FindExperiment(invocation.ns, name);
  if (!record.ok()) {
    absl::StatusOr<Workspace::FoundTrial> found = workspace.FindTrial(invocation.ns, name);
    if (found.ok() || !absl::IsNotFound(found.status())) return found;
    return absl::NotFoundError(
        absl::StrCat(record.status().message(), "\n", found.status().message()));
  }
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(*record));
  QALAM_ASSIGN_OR_RETURN(const BestTrials best,
                         ReadBestTrials(workspace.store(), record->id, spec.objective));
  if (best.best.has_value()) return Workspace::FoundTrial{*record, *best.best};
  return absl::FailedPreconditionError(
      absl::StrCat("experiment ", FullName(*record), " has no best trial yet; name a trial"));
}

// From the first trial, which began from nothing, to `last`.
absl::StatusOr<std::vector<StoredTrial>> ChainTo(const Workspace& workspace,
                                                 const Workspace::FoundTrial& last) {
  std::vector<StoredTrial> chain = {last.trial};
  // Parents have smaller numbers, so that this ends.
  while (const std::optional<int64_t> parent = ResumedTrial(chain.back().labels)) {
    if (*parent >= chain.back().number) break;
    QALAM_ASSIGN_OR_RETURN(StoredTrial trial,
                           workspace.store().GetTrialByNumber(last.experiment.id, *parent));
    chain.push_back(std::move(trial));
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

// Where the trial's checkpoint is; empty when it has none (any more).
std::string CheckpointOf(const Workspace& workspace, const Workspace::FoundTrial& found,
                         const StoredTrial& trial) {
  std::string path = workspace.dir().CheckpointPath(found.experiment.uid, trial.name);
  std::error_code error;
  return std::filesystem::is_directory(path, error) ? path : "";
}

std::string ObjectiveText(const StoredTrial& trial) {
  return trial.objective.has_value() ? FormatNumber(*trial.objective) : "";
}

std::string ChainTable(const std::vector<StoredTrial>& chain) {
  std::vector<std::string> header = {"STEP", "TRIAL", "OBJECTIVE"};
  for (const StoredTrial& trial : chain) {  // which may have other parameters than the first one
    for (const auto& [name, value] : trial.assignment) {
      if (std::find(header.begin() + 3, header.end(), name) == header.end()) header.push_back(name);
    }
  }
  Table table(header);
  for (size_t step = 0; step < chain.size(); ++step) {
    std::vector<std::string> row = {absl::StrCat(step + 1), chain[step].name,
                                    ShortNumber(ObjectiveText(chain[step]))};
    for (size_t column = 3; column < header.size(); ++column) {
      row.emplace_back();
      for (const auto& [name, value] : chain[step].assignment) {
        if (name == header[column]) row.back() = ShortNumber(value);
      }
    }
    table.AddRow(row);
  }
  return table.Render();
}

Json ChainJson(const Workspace& workspace, const Workspace::FoundTrial& last,
               const std::vector<StoredTrial>& chain) {
  Json steps = Json::array();
  for (const StoredTrial& trial : chain) {
    Json step = {{"number", trial.number}, {"trial", trial.name}, {"parameters", Json::object()}};
    for (const auto& [name, value] : trial.assignment) step["parameters"][name] = value;
    step["objective"] = trial.objective.has_value() ? Json(*trial.objective) : Json(nullptr);
    const std::string checkpoint = CheckpointOf(workspace, last, trial);
    step["checkpoint"] = checkpoint.empty() ? Json(nullptr) : Json(checkpoint);
    steps.push_back(std::move(step));
  }
  return {{"experiment", last.experiment.name},
          {"namespace", last.experiment.ns},
          {"trial", last.trial.name},
          {"steps", std::move(steps)}};
}

// What came with the experiment of the given kind, as further documents of its file.
std::string Companions(const ExperimentRecord& experiment, const std::string& kind) {
  const Json objects = Json::parse(experiment.companions, nullptr, /*allow_exceptions=*/false);
  std::string text;
  if (!objects.is_array()) return text;
  for (const Json& object : objects) {
    const auto found = object.find("kind");
    if (found != object.end() && *found == kind) absl::StrAppend(&text, "---\n", ToYaml(object));
  }
  return text;
}

// A file with an experiment that trains along the chain, checked as `qalam run` will do.
absl::StatusOr<std::string> ChainExperiment(const Workspace::FoundTrial& last,
                                            const std::vector<StoredTrial>& chain,
                                            const std::string& name) {
  QALAM_ASSIGN_OR_RETURN(const Json manifest, ScheduleManifest(last.experiment, chain, name));
  const std::string result = ObjectiveText(last.trial);
  const std::string text = absl::StrCat(
      "# The schedule of ", Plural(static_cast<int64_t>(chain.size()), "step"),
      " that led to trial ", last.trial.name, " of ", FullName(last.experiment),
      result.empty() ? "" : absl::StrCat(" (objective ", result, ")"),
      ".\n# `qalam run FILE` trains along it from nothing; the setting repeats says how often.\n",
      ToYaml(manifest), Companions(last.experiment, "ConfigMap"),
      Companions(last.experiment, "Secret"));
  const LoadResult loaded = LoadExperiments(absl::StrCat(name, ".yaml"), text, {}, {});
  if (!HasErrors(loaded.diagnostics)) return text;
  return absl::InvalidArgumentError(absl::StrCat(
      "the experiment that trains along it would not be valid (--as gives it another name):\n",
      FormatDiagnostics(loaded.diagnostics)));
}

absl::StatusOr<ExitCode> WriteExperiment(const Invocation& invocation,
                                         const Workspace::FoundTrial& last,
                                         const std::vector<StoredTrial>& chain) {
  const std::string name =
      invocation.flags.ValueOr("as", absl::StrCat(last.experiment.name, "-replay"));
  QALAM_ASSIGN_OR_RETURN(const std::string text, ChainExperiment(last, chain, name));
  invocation.out->Write(text);
  if (!Companions(last.experiment, "Secret").empty()) {
    invocation.err->Write("note: what is printed contains the Secrets of the experiment\n");
  }
  return ExitCode::kSuccess;
}

absl::StatusOr<ExitCode> Lineage(const Invocation& invocation) {
  const std::string format = invocation.flags.ValueOr("output", "");
  if (invocation.flags.Value("as").has_value() && format != "experiment") {
    return absl::InvalidArgumentError("--as names the experiment of -o experiment; give both");
  }
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const Workspace::FoundTrial last,
                         FindLast(invocation, workspace, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const std::vector<StoredTrial> chain, ChainTo(workspace, last));
  if (format == "experiment") return WriteExperiment(invocation, last, chain);
  if (format.empty()) {
    invocation.out->Write(ChainTable(chain));
  } else if (format == "name") {
    for (const StoredTrial& trial : chain) invocation.out->Write(absl::StrCat(trial.name, "\n"));
  } else {
    invocation.out->Write(FormatObject(ChainJson(workspace, last, chain), format));
  }
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec LineageVerb() {
  return {
      .name = "lineage",
      .summary = "Show the chain of trials that a trial goes on from",
      .usage = "TRIAL|EXPERIMENT",
      .description =
          "Trials of pbt, and those that hyperband and its kin promote, go on from what an\n"
          "earlier one left. The chain from the first of them to this one, or to the best trial\n"
          "of an experiment, is a schedule: which values to train with, one after the other.\n"
          "-o json and -o yaml print it for a program, with the folder of each checkpoint that\n"
          "is still there. -o experiment prints an Experiment that trains along it from nothing,\n"
          "which `qalam run` takes as it is: what the schedule is worth by itself.",
      .min_args = 1,
      .max_args = 1,
      .args = {{.kind = ArgKind::kExperimentOrTrial}},
      .flags = {{.name = "output",
                 .short_name = 'o',
                 .value = "FORMAT",
                 .help = "Another form",
                 .choices = {"json", "yaml", "name", "experiment"}},
                {.name = "as",
                 .value = "NAME",
                 .help = "With -o experiment: its name (default: the experiment's, and -replay)"}},
      .examples = {{"qalam lineage pbt", "The schedule that led to the best trial"},
                   {"qalam lineage pbt -o experiment | qalam run -",
                    "Train along it once more, from nothing"},
                   {"qalam lineage pbt -o json | jq -c '.steps[].parameters'",
                    "Its parameters, step by step"}},
      .run = Lineage};
}

}  // namespace qalam
