// qalam best: the best trial of an experiment.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/best_trials.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "controller/trial_history.h"
#include "core/status_macros.h"
#include "suggestion/gp/likely_best.h"

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

std::string FrontOutput(const BestTrials& found, const Objective& objective,
                        const std::string& format) {
  if (format.empty()) return FrontText(found, objective);
  if (format != "name") return FormatObject(FrontObject(found.front, objective), format);
  std::string names;
  for (const StoredTrial& trial : found.front) absl::StrAppend(&names, trial.name, "\n");
  return names;
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

// What all results together say of the best trial where they are noisy.
struct Likely {
  gp::LikelyBest belief;
  StoredTrial trial;
};

absl::StatusOr<std::optional<Likely>> FindLikely(const Store& store, const ExperimentRecord& record,
                                                 const ExperimentSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(const History history, ReadHistory(store, record.id, spec));
  const std::optional<gp::LikelyBest> belief = gp::FindLikelyBest(history);
  if (!belief.has_value()) return std::nullopt;
  QALAM_ASSIGN_OR_RETURN(StoredTrial trial, store.GetTrialByNumber(record.id, belief->number));
  return Likely{*belief, std::move(trial)};
}

// `command`: what shows the likely one.
std::string LikelyText(const Likely& likely, const StoredTrial& best, const std::string& command) {
  const std::string noise =
      absl::StrFormat("\nResults seem to vary by about %.2g by themselves. ", likely.belief.noise);
  const std::string belief = absl::StrFormat("%.4g +- %.2g without noise", likely.belief.predicted,
                                             likely.belief.deviation);
  if (likely.trial.number == best.number) {
    return absl::StrCat(noise, "All of them together agree on this trial:\n", belief, ".\n");
  }
  return absl::StrCat(noise, "By all of them together\n", likely.trial.name,
                      " is more likely the best: ", belief, ", measured ",
                      ShortNumber(FormatNumber(*likely.trial.objective)), ".\n`", command,
                      "` shows it.\n");
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
  const std::string format = invocation.flags.ValueOr("output", "");
  if (objective.count() > 1) {
    invocation.out->Write(FrontOutput(found, objective, format));
    return ExitCode::kSuccess;
  }
  const bool wanted = invocation.flags.IsOn("likely");
  std::optional<Likely> likely;
  if (wanted || format.empty()) {
    QALAM_ASSIGN_OR_RETURN(likely, FindLikely(workspace.store(), record, spec));
  }
  const StoredTrial& shown = wanted && likely.has_value() ? likely->trial : *found.best;
  if (format == "name") {
    invocation.out->Write(absl::StrCat(shown.name, "\n"));
  } else if (!format.empty()) {
    invocation.out->Write(FormatObject(OptimalTrialObject(shown), format));
  } else {
    invocation.out->Write(BestText(shown, objective));
    if (likely.has_value()) {
      const std::string command =
          absl::StrCat(ProgramFor(workspace, record), " best ", record.name, " --likely");
      invocation.out->Write(LikelyText(*likely, shown, command));
    }
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
          "code is 1 when there is none that has succeeded with finite objectives yet.\n"
          "\n"
          "Where results are noisy the best measurement is often a lucky one. From 20 results of\n"
          "one metric on a model of all of them says so, and which trial is more likely the best.",
      .min_args = 1,
      .max_args = 1,
      .args = {{.kind = ArgKind::kExperiment}},
      .flags = {{.name = "output",
                 .short_name = 'o',
                 .value = "FORMAT",
                 .help = "Another form",
                 .choices = {"json", "yaml", "name"}},
                {.name = "likely",
                 .help = "Where results are noisy, the trial that all of them together make the "
                         "most likely best"}},
      .examples = {{"qalam best digits", "The best trial with its parameters"},
                   {"qalam best digits -o json | jq -r '.parameterAssignments[]|.value'",
                    "Its parameter values"}},
      .run = Best};
}

}  // namespace qalam
