// qalam export: the trials of an experiment for other programs.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/csv.h"
#include "cli/result.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "core/json.h"
#include "core/outcomes.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

std::string TimeText(const std::optional<absl::Time>& time) {
  return time.has_value() ? qalam::FormatTime(*time) : "";
}

std::string SecondsText(const StoredTrial& trial) {
  if (!trial.started.has_value() || !trial.completed.has_value()) return "";
  return FormatNumber(absl::ToDoubleSeconds(*trial.completed - *trial.started));
}

std::vector<std::string> CsvHeader(const ExperimentSpec& spec) {
  std::vector<std::string> header = {"number",           "name",     "status",  "reason",
                                     "attempt",          "created",  "started", "completed",
                                     "duration_seconds", "objective"};
  if (spec.objective.count() > 1) {
    for (int i = 0; i < spec.objective.count(); ++i) {
      header.push_back(absl::StrCat("objectives.", OptimisedMetric(spec.objective, i).name));
    }
    header.push_back("on_front");
  }
  if (!spec.objective.constraints.empty()) {
    header.push_back("feasible");
    header.push_back("violation");
  }
  for (const MetricSpec& metric : spec.objective.metrics) {
    header.push_back(absl::StrCat("metrics.", metric.name));
  }
  for (const Parameter& parameter : spec.space->parameters()) {
    header.push_back(absl::StrCat("parameters.", parameter.name));
  }
  header.push_back("explanation");
  return header;
}

// The value of the i-th metric that is optimised; nothing while the trial has no result.
std::optional<double> ObjectiveOf(const ExperimentSpec& spec, const StoredTrial& trial, int i) {
  if (!trial.objective.has_value() || i == 0) return trial.objective;
  return ObservedNumber(trial.observation, OptimisedMetric(spec.objective, i));
}

// Of several objectives and outcome constraints, as in CsvHeader.
void AddOutcomeFields(const ExperimentSpec& spec, const StoredTrial& trial,
                      std::vector<std::string>* fields) {
  const bool known = trial.objective.has_value();
  const auto yes_or_no = [&](bool yes) { return !known ? "" : yes ? "true" : "false"; };
  if (spec.objective.count() > 1) {
    for (int i = 0; i < spec.objective.count(); ++i) {
      const std::optional<double> value = ObjectiveOf(spec, trial, i);
      fields->push_back(value.has_value() ? FormatNumber(*value) : "");
    }
    fields->emplace_back(yes_or_no(trial.on_front));
  }
  if (spec.objective.constraints.empty()) return;
  fields->emplace_back(yes_or_no(trial.violation == 0));
  fields->push_back(known ? FormatNumber(trial.violation) : "");
}

std::vector<std::string> CsvFields(const ExperimentSpec& spec, const StoredTrial& trial) {
  std::vector<std::string> fields = {
      absl::StrCat(trial.number),
      trial.name,
      std::string(TrialConditionName(trial.condition)),
      trial.reason,
      absl::StrCat(trial.attempt),
      qalam::FormatTime(trial.created),
      TimeText(trial.started),
      TimeText(trial.completed),
      SecondsText(trial),
      trial.objective.has_value() ? FormatNumber(*trial.objective) : ""};
  AddOutcomeFields(spec, trial, &fields);
  for (const MetricSpec& metric : spec.objective.metrics) {
    fields.push_back(ObservedValue(trial.observation, metric));
  }
  for (const Parameter& parameter : spec.space->parameters()) {
    std::string value;
    for (const auto& [name, text] : trial.assignment) {
      if (name == parameter.name) value = text;
    }
    fields.push_back(std::move(value));
  }
  fields.push_back(trial.explanation);
  return fields;
}

Json NumberOrNull(const std::optional<double>& number) {
  const bool finite = number.has_value() && std::isfinite(*number);
  return finite ? Json(*number) : Json(nullptr);
}

void AddOutcomes(const ExperimentSpec& spec, const StoredTrial& trial, Json* json) {
  const bool known = trial.objective.has_value();
  if (spec.objective.count() > 1) {
    Json& values = (*json)["objectives"] = Json::object();
    for (int i = 0; i < spec.objective.count(); ++i) {
      values[OptimisedMetric(spec.objective, i).name] = NumberOrNull(ObjectiveOf(spec, trial, i));
    }
    (*json)["onFront"] = trial.on_front;
  }
  if (spec.objective.constraints.empty()) return;
  (*json)["feasible"] = known ? Json(trial.violation == 0) : Json(nullptr);
  (*json)["violation"] = known ? NumberOrNull(trial.violation) : Json(nullptr);
}

Json TrialJson(const ExperimentSpec& spec, const StoredTrial& trial) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  Json json = {{"number", trial.number},
               {"name", trial.name},
               {"status", std::string(TrialConditionName(trial.condition))},
               {"reason", trial.reason},
               {"message", trial.message},
               {"attempt", trial.attempt},
               {"created", qalam::FormatTime(trial.created)},
               {"started", text_or_null(TimeText(trial.started))},
               {"completed", text_or_null(TimeText(trial.completed))}};
  json["durationSeconds"] = nullptr;
  if (trial.started.has_value() && trial.completed.has_value()) {
    json["durationSeconds"] = absl::ToDoubleSeconds(*trial.completed - *trial.started);
  }
  json["objective"] = NumberOrNull(trial.objective);
  AddOutcomes(spec, trial, &json);
  json["metrics"] = Json::object();
  for (const MetricSummary& metric : trial.observation) {
    json["metrics"][metric.name] = {
        {"min", metric.min}, {"max", metric.max}, {"latest", metric.latest}};
  }
  json["parameters"] = Json::object();
  for (const auto& [name, value] : trial.assignment) json["parameters"][name] = value;
  json["labels"] = Json::object();
  for (const auto& [name, value] : trial.labels) json["labels"][name] = value;
  json["explanation"] = trial.explanation;
  return json;
}

// Writes all trials; CSV one by one, so that their number does not matter.
absl::Status WriteTrials(const Workspace& workspace, const ExperimentRecord& record,
                         const std::string& format, Output* out) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  Json array = Json::array();
  if (format == "csv") out->Write(CsvRow(CsvHeader(spec)));
  QALAM_RETURN_IF_ERROR(workspace.store().VisitTrials(
      record.id, TrialQuery{.with_conditions = false}, [&](const StoredTrial& trial) {
        if (format == "csv") {
          out->Write(CsvRow(CsvFields(spec, trial)));
        } else {
          array.push_back(TrialJson(spec, trial));
        }
        return out->status().ok();
      }));
  if (format != "csv") out->Write(FormatObject(array, format));
  out->Flush();
  return out->status();
}

absl::Status FileError(const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat("--output: cannot write ", path, ": ", std::strerror(errno)));
}

// Writes beside the file and then renames, so that there is never half a file of that name.
absl::Status WriteFile(const Workspace& workspace, const ExperimentRecord& record,
                       const std::string& format, const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".part");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(temporary);
  absl::Status status;
  {
    Output output(fd, Output::Buffering::kBlock);
    status = WriteTrials(workspace, record, format, &output);
  }
  if (close(fd) != 0 && status.ok()) status = FileError(temporary);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) status = FileError(path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::StatusOr<ExitCode> Export(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  const std::string format = invocation.flags.ValueOr("format", "csv");
  const std::string path = invocation.flags.ValueOr("output", "-");
  QALAM_RETURN_IF_ERROR(path == "-" ? WriteTrials(workspace, record, format, invocation.out)
                                    : WriteFile(workspace, record, format, path));
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec ExportVerb() {
  return {
      .name = "export",
      .summary = "Write all trials of an experiment as CSV, JSON or YAML",
      .usage = "EXPERIMENT",
      .description =
          "One row or object a trial: number, name, status, reason, attempt, times, objective,\n"
          "metrics (in CSV the value that counts by the metric's strategy), parameters and why "
          "the\n"
          "algorithm proposed the trial. With several objectives each of them, and whether the\n"
          "trial is on the Pareto front; with constraints, whether and how far it violates them.",
      .min_args = 1,
      .max_args = 1,
      .args = {{.kind = ArgKind::kExperiment}},
      .flags = {{.name = "format",
                 .value = "FORMAT",
                 .help = "What to write (default: csv)",
                 .choices = {"csv", "json", "yaml"}},
                {.name = "output",
                 .short_name = 'o',
                 .value = "FILE",
                 .help = "Where to write it, in place of standard output"}},
      .examples = {{"qalam export digits --output digits.csv", "All trials for a spreadsheet"},
                   {"qalam export digits --format json | jq '.[].parameters'",
                    "The parameters of all trials"}},
      .run = Export};
}

}  // namespace qalam
