// qalam best: the best trial of an experiment.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/best_trials.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

std::string BestText(const StoredTrial& trial, const Objective& objective) {
  std::string text = FormatField("Trial", trial.name);
  for (const MetricSpec& metric : objective.metrics) {
    const std::string value = ObservedValue(trial.observation, metric);
    if (!value.empty()) text += FormatField(Printable(metric.name), Printable(value));
  }
  text += FormatField("Objective", DescribeObjective(objective));
  text += "Parameters:\n";
  Table table({"", ""}, /*indent=*/2);
  for (const auto& [name, value] : trial.assignment) table.AddRow({name, value});
  return text + table.Render(/*with_header=*/false);
}

std::string FrontText(const BestTrials& found, const Objective& objective) {
  return absl::StrCat(FormatField("Objectives", DescribeObjective(objective)), "Pareto front, ",
                      Plural(static_cast<int64_t>(found.front.size()), "trial"), ":\n",
                      FrontTable(found.front, objective, found.front.size(), /*indent=*/2));
}

void WriteNoBest(const Invocation& invocation, const ExperimentRecord& record,
                 const BestTrials& found, const Objective& objective) {
  std::string why = absl::StrCat("none has reported a finite \"", objective.metrics[0].name,
                                 "\" and succeeded yet");
  if (objective.count() > 1) {
    why = "none has reported finite values of all objectives and succeeded yet";
  }
  if (found.nearest.has_value()) why = WhyNoBest(found.nearest, objective);
  invocation.err->Write(
      absl::StrCat("experiment ", FullName(record), " has no best trial: ", why, "\n"));
}

absl::StatusOr<ExitCode> Best(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  const Objective& objective = spec.objective;
  QALAM_ASSIGN_OR_RETURN(const BestTrials found,
                         ReadBestTrials(workspace.store(), record.id, objective));
  if (!found.best.has_value()) {
    WriteNoBest(invocation, record, found, objective);
    return ExitCode::kFailed;
  }
  const bool several = objective.count() > 1;
  const std::string format = invocation.flags.ValueOr("output", "");
  if (format == "name") {
    const std::vector<StoredTrial> trials = several ? found.front : std::vector{*found.best};
    for (const StoredTrial& trial : trials) invocation.out->Write(absl::StrCat(trial.name, "\n"));
  } else if (!format.empty()) {
    invocation.out->Write(FormatObject(
        several ? FrontObject(found.front, objective) : OptimalTrialObject(*found.best), format));
  } else {
    invocation.out->Write(several ? FrontText(found, objective) : BestText(*found.best, objective));
  }
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec BestVerb() {
  return {
      .name = "best",
      .summary = "Show the best trial of an experiment",
      .usage = "EXPERIMENT",
      .description =
          "-o json and -o yaml print it as Katib's status.currentOptimalTrial. Where several\n"
          "metrics are optimised, all trials of the Pareto front are shown, -o json and -o yaml\n"
          "as in status.paretoFront. Only trials that keep to spec.constraints count. The exit\n"
          "code is 1 when there is none that has succeeded with finite objectives yet.",
      .min_args = 1,
      .max_args = 1,
      .args = {{.kind = ArgKind::kExperiment}},
      .flags = {{.name = "output",
                 .short_name = 'o',
                 .value = "FORMAT",
                 .help = "Another form",
                 .choices = {"json", "yaml", "name"}}},
      .examples = {{"qalam best digits", "The best trial with its parameters"},
                   {"qalam best digits -o json | jq -r '.parameterAssignments[]|.value'",
                    "Its parameter values"}},
      .run = Best};
}

}  // namespace qalam
