// qalam describe: everything a person may want to know of an experiment or a trial.
#include <cmath>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/best_trials.h"
#include "cli/log_reader.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

constexpr int64_t kShownEvents = 20;
constexpr size_t kShownLogLines = 10;
constexpr size_t kDescribedFront = 50;

std::string TimeWithAge(absl::Time time, absl::Time now) {
  return absl::StrCat(qalam::FormatTime(time), " (", FormatAge(now - time), " ago)");
}

std::string DescribeRange(const Parameter& parameter) {
  if (!parameter.is_numeric()) return absl::StrJoin(parameter.list, ", ");
  std::string text = absl::StrCat(FormatNumber(parameter.min), " .. ", FormatNumber(parameter.max));
  if (parameter.step.has_value()) absl::StrAppend(&text, " step ", FormatNumber(*parameter.step));
  if (parameter.distribution != Distribution::kUniform) {
    absl::StrAppend(&text, " ", DistributionName(parameter.distribution));
  }
  return text;
}

// "while optimizer is sgd or adam", "while layers is 3 or more"; "" for what always exists.
std::string DescribeCondition(const Parameter& parameter) {
  if (!parameter.condition.has_value()) return "";
  const ParameterCondition& condition = *parameter.condition;
  const std::string start = absl::StrCat("while ", condition.parent, " is ");
  if (!condition.values.empty()) return start + JoinAlternatives(condition.values);
  if (!condition.max.has_value())
    return absl::StrCat(start, FormatNumber(*condition.min), " or more");
  if (!condition.min.has_value())
    return absl::StrCat(start, FormatNumber(*condition.max), " or less");
  return absl::StrCat(start, FormatNumber(*condition.min), " to ", FormatNumber(*condition.max));
}

std::string DescribeAlgorithm(const AlgorithmSpec& algorithm) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : algorithm.settings) {
    settings.push_back(absl::StrCat(Printable(name), "=", Printable(value)));
  }
  return settings.empty() ? algorithm.name
                          : absl::StrCat(algorithm.name, " (", absl::StrJoin(settings, ", "), ")");
}

std::string DescribeMetrics(const Objective& objective) {
  std::vector<std::string> texts;
  for (const MetricSpec& metric : objective.metrics) {
    texts.push_back(
        absl::StrCat(Printable(metric.name), " (", MetricStrategyName(metric.strategy), ")"));
  }
  return absl::StrJoin(texts, ", ");
}

std::string ConditionTable(const std::vector<ConditionRecord>& conditions) {
  Table table({"TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"}, /*indent=*/2);
  for (const ConditionRecord& c : conditions) {
    table.AddRow({c.type, c.status ? "True" : "False", c.reason,
                  qalam::FormatTime(c.last_transition), c.message});
  }
  return table.empty() ? "" : absl::StrCat("Conditions:\n", table.Render());
}

absl::StatusOr<std::string> EventTable(const Store& store, const ExperimentRecord& record,
                                       std::optional<int64_t> number, absl::Time now) {
  QALAM_ASSIGN_OR_RETURN(const std::vector<EventRecord> events,
                         store.ListEvents(record.id, number, kShownEvents));
  if (events.empty()) return std::string("Events:          none\n");
  Table table({"AGE", "TYPE", "REASON", "OBJECT", "MESSAGE"}, /*indent=*/2);
  for (const EventRecord& event : events) {
    std::string object = "experiment";
    if (event.trial.has_value()) {
      const auto trial = store.GetTrialByNumber(record.id, *event.trial);
      object = trial.ok() ? trial->name : absl::StrCat("trial ", *event.trial);
    }
    table.AddRow({FormatAge(now - event.time), event.warning ? "Warning" : "Normal", event.reason,
                  object, event.message});
  }
  return absl::StrCat("Events:\n", table.Render());
}

std::string SpecText(const ExperimentSpec& spec) {
  std::string text =
      FormatField("Objective", DescribeObjective(spec.objective, spec.further_goals));
  text += FormatField("Metrics", DescribeMetrics(spec.objective));
  text += FormatField("Algorithm", DescribeAlgorithm(spec.algorithm));
  if (spec.early_stopping.has_value()) {
    text += FormatField("Early stopping", DescribeAlgorithm(*spec.early_stopping));
  }
  text += FormatField("Limits", DescribeBudget(spec.budget));
  std::vector<std::string> header = {"NAME", "TYPE", "RANGE"};
  if (spec.space->has_conditions()) header.push_back("EXISTS");
  Table parameters(header, /*indent=*/2);
  for (const Parameter& parameter : spec.space->parameters()) {
    std::vector<std::string> row = {parameter.name, std::string(ParameterTypeName(parameter.type)),
                                    DescribeRange(parameter)};
    if (spec.space->has_conditions()) row.push_back(DescribeCondition(parameter));
    parameters.AddRow(row);
  }
  for (const ParameterConstraint& constraint : spec.space->constraints()) {
    text += FormatField("Constraint", Printable(constraint.text()));
  }
  return absl::StrCat(text, "Parameters:\n", parameters.Render());
}

std::string StatusText(const Workspace& workspace, const ExperimentRecord& record,
                       const ExperimentSpec& spec) {
  const ConditionRecord condition = CurrentCondition(record);
  std::string text = record.condition;
  if (!condition.message.empty()) absl::StrAppend(&text, ": ", Printable(condition.message));
  text = FormatField("Status", text);
  if (IsComplete(record)) return text;
  const bool by_clients = spec.trial_template.manifest == nullptr;
  if (workspace.IsDriven(record)) {
    return text + FormatField("Run by", absl::StrCat(by_clients ? "clients of `qalam serve`"
                                                                : "another process",
                                                     "; `qalam stop` ends it"));
  }
  return text + FormatField("Run by",
                            by_clients
                                ? "nobody; it goes on with its clients and `qalam serve`"
                                : absl::StrCat("nobody; `qalam resume ", record.name, "` goes on"));
}

absl::StatusOr<std::string> TrialsText(const Store& store, const ExperimentRecord& record,
                                       const ExperimentSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, store.CountTrials(record.id));
  QALAM_ASSIGN_OR_RETURN(const BestTrials found, ReadBestTrials(store, record.id, spec.objective));
  const std::optional<StoredTrial>& best = found.best;
  std::string text =
      FormatField("Trials", absl::StrCat(TotalTrials(counts), ": ", FormatCounts(counts)));
  if (!best.has_value()) {
    return text + FormatField("Best trial", WhyNoBest(found.nearest, spec.objective));
  }
  text += FormatField(
      "Best trial",
      absl::StrCat(best->name, "  ", NamedObjectives(*best, spec.objective, /*brief=*/false)));
  Table table({"", ""}, /*indent=*/2);
  for (const auto& [name, value] : best->assignment) table.AddRow({name, value});
  text += table.Render(/*with_header=*/false);
  if (found.front.empty()) return text;
  text += FormatField("Pareto front", Plural(static_cast<int64_t>(found.front.size()), "trial"));
  return text + FrontTable(found.front, spec.objective, kDescribedFront, /*indent=*/2);
}

absl::StatusOr<std::string> DescribeExperiment(const Invocation& invocation,
                                               const Workspace& workspace,
                                               const ExperimentRecord& record) {
  const absl::Time now = invocation.clock->Now();
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  std::string text = FormatField("Name", record.name);
  text += FormatField("Namespace", record.ns);
  text += FormatField("UID", record.uid);
  text += FormatField("Created", TimeWithAge(record.created, now));
  if (record.completed.has_value()) {
    text += FormatField("Completed", TimeWithAge(*record.completed, now));
  }
  for (const auto& [key, value] : spec.labels) {
    text += FormatField("Label", absl::StrCat(Printable(key), "=", Printable(value)));
  }
  text += StatusText(workspace, record, spec);
  text += SpecText(spec);
  QALAM_ASSIGN_OR_RETURN(const std::string trials, TrialsText(workspace.store(), record, spec));
  QALAM_ASSIGN_OR_RETURN(const std::string events,
                         EventTable(workspace.store(), record, std::nullopt, now));
  text += trials;
  text += FormatField("Files", workspace.dir().ExperimentPath(record.uid));
  return absl::StrCat(text, ConditionTable(record.conditions), events);
}

std::string ObservationText(const StoredTrial& trial) {
  if (trial.observation.empty()) return FormatField("Observation", "none yet");
  Table table({"METRIC", "MIN", "MAX", "LATEST"}, /*indent=*/2);
  for (const MetricSummary& summary : trial.observation) {
    table.AddRow({summary.name, summary.min, summary.max, summary.latest});
  }
  return absl::StrCat("Observation:\n", table.Render());
}

std::string TrialTimes(const StoredTrial& trial, absl::Time now) {
  std::string text = FormatField("Created", TimeWithAge(trial.created, now));
  if (trial.started.has_value()) {
    text += FormatField("Started", TimeWithAge(*trial.started, now));
  }
  if (trial.completed.has_value()) {
    text += FormatField("Completed", TimeWithAge(*trial.completed, now));
  }
  const std::optional<absl::Duration> duration = TrialDuration(trial, now);
  if (duration.has_value()) text += FormatField("Duration", FormatElapsed(*duration));
  return text;
}

absl::StatusOr<std::string> DescribeTrial(const Invocation& invocation, const Workspace& workspace,
                                          const Workspace::FoundTrial& found) {
  const StoredTrial& trial = found.trial;
  const absl::Time now = invocation.clock->Now();
  std::string text = FormatField("Name", trial.name);
  text += FormatField("Namespace", found.experiment.ns);
  text += FormatField("Experiment", found.experiment.name);
  text += FormatField("Number", absl::StrCat(trial.number));
  text += FormatField("UID", trial.uid);
  text += FormatField("Status", std::string(TrialConditionName(trial.condition)));
  if (!trial.reason.empty()) text += FormatField("Reason", Printable(trial.reason));
  if (!trial.message.empty()) text += FormatField("Message", Printable(trial.message));
  if (!trial.explanation.empty()) {
    text += FormatField("Why", Printable(trial.explanation));
  }
  text += FormatField("Attempt", absl::StrCat(trial.attempt));
  text += TrialTimes(trial, now);
  if (trial.objective.has_value()) {
    text += FormatField("Objective", FormatNumber(*trial.objective));
    if (trial.on_front) text += FormatField("Pareto front", "on it");
    if (trial.violation > 0) text += FormatField("Violation", FormatNumber(trial.violation));
  }
  for (const auto& [key, value] : trial.labels) {
    text += FormatField("Label", absl::StrCat(Printable(key), "=", Printable(value)));
  }
  Table parameters({"", ""}, /*indent=*/2);
  for (const auto& [name, value] : trial.assignment) parameters.AddRow({name, value});
  absl::StrAppend(&text, "Parameters:\n", parameters.Render(/*with_header=*/false));
  absl::StrAppend(&text, ObservationText(trial), ConditionTable(trial.conditions));
  QALAM_ASSIGN_OR_RETURN(const std::string events,
                         EventTable(workspace.store(), found.experiment, trial.number, now));
  text += events;
  const std::string checkpoint = workspace.dir().CheckpointPath(found.experiment.uid, trial.name);
  std::error_code error;
  if (std::filesystem::is_directory(checkpoint, error)) {
    text += FormatField("Checkpoint", checkpoint);
  }
  const std::string log = workspace.dir().LogPath(found.experiment.uid, trial.name, trial.attempt);
  text += FormatField("Log", log);
  for (const std::string& line : LastLogLines(log, kShownLogLines)) {
    absl::StrAppend(&text, "  | ", Printable(line), "\n");
  }
  return text;
}

// A name without a kind is that of an experiment, else of a trial.
absl::StatusOr<std::string> DescribeAny(const Invocation& invocation, const Workspace& workspace,
                                        const std::string& name) {
  const absl::StatusOr<ExperimentRecord> record = workspace.FindExperiment(invocation.ns, name);
  if (record.ok()) return DescribeExperiment(invocation, workspace, *record);
  const absl::StatusOr<Workspace::FoundTrial> found = workspace.FindTrial(invocation.ns, name);
  if (found.ok()) return DescribeTrial(invocation, workspace, *found);
  if (!absl::IsNotFound(found.status())) return found.status();
  return absl::NotFoundError(
      absl::StrCat(record.status().message(), "\n", found.status().message()));
}

absl::StatusOr<ExitCode> Describe(const Invocation& invocation) {
  std::vector<std::string> args = invocation.args();
  std::string kind = args.size() == 2 ? args[0] : "";
  if (args.size() == 1 && args[0].find('/') != std::string::npos) {
    kind = args[0].substr(0, args[0].find_first_of("./"));
  }
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  absl::StatusOr<std::string> text;
  if (kind.empty()) {
    text = DescribeAny(invocation, workspace, args.back());
  } else if (kind == "experiment" || kind == "experiments" || kind == "exp") {
    QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                           workspace.FindExperiment(invocation.ns, args.back()));
    text = DescribeExperiment(invocation, workspace, record);
  } else if (kind == "trial" || kind == "trials") {
    QALAM_ASSIGN_OR_RETURN(const Workspace::FoundTrial found,
                           workspace.FindTrial(invocation.ns, args.back()));
    text = DescribeTrial(invocation, workspace, found);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", kind, "\" cannot be described; there are experiments and trials"));
  }
  QALAM_RETURN_IF_ERROR(text.status());
  invocation.out->Write(*text);
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec DescribeVerb() {
  return {
      .name = "describe",
      .summary = "Show everything about an experiment or a trial",
      .usage = "[experiment|trial] NAME",
      .description =
          "An experiment with its objective, limits, best trial, conditions and last events; a\n"
          "trial with its parameters, what it reported, its status history and the end of its\n"
          "log. The beginning of a trial's name is enough where only one begins so.",
      .min_args = 1,
      .max_args = 2,
      .args = {{.kind = ArgKind::kExperimentOrTrial, .words = {"experiment", "trial"}},
               {.kind = ArgKind::kExperimentOrTrial}},
      .examples = {{"qalam describe digits", "An experiment"},
                   {"qalam describe trial digits-x7k2m9qa", "A trial"}},
      .run = Describe};
}

}  // namespace qalam
