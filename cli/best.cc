// qalam best: the best trial of an experiment.
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
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

absl::StatusOr<ExitCode> Best(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  QALAM_ASSIGN_OR_RETURN(
      const std::optional<StoredTrial> best,
      workspace.store().BestTrial(record.id, spec.objective.direction == Direction::kMaximize));
  if (!best.has_value()) {
    invocation.err->Write(absl::StrCat("experiment ", FullName(record),
                                       " has no best trial: none has reported a finite \"",
                                       spec.objective.metrics[0].name, "\" and succeeded yet\n"));
    return ExitCode::kFailed;
  }
  const std::string format = invocation.flags.ValueOr("output", "");
  if (format == "name") {
    invocation.out->Write(absl::StrCat(best->name, "\n"));
  } else if (!format.empty()) {
    invocation.out->Write(FormatObject(OptimalTrialObject(*best), format));
  } else {
    invocation.out->Write(BestText(*best, spec.objective));
  }
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec BestVerb() {
  return {.name = "best",
          .summary = "Show the best trial of an experiment",
          .usage = "EXPERIMENT",
          .description =
              "-o json and -o yaml print it as Katib's status.currentOptimalTrial. The exit code\n"
              "is 1 when no trial has succeeded with a finite objective yet.",
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
