// qalam metrics: what a trial reported.
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/csv.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "core/json.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

using PointVisitor = std::function<void(const MetricPoint&)>;

std::string PreciseTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// Table and JSON are made as a whole; CSV is written as it is read.
class Printer {
 public:
  Printer(const std::string& format, Output* out) : format_(format), out_(out) {
    if (format_ == "csv") out_->Write(CsvRow({"metric", "step", "time", "value"}));
  }

  void Add(const MetricPoint& point) {
    if (format_ == "csv") {
      out_->Write(
          CsvRow({point.metric, absl::StrCat(point.step), PreciseTime(point.time), point.text}));
    } else if (format_ == "json") {
      const Json value = std::isfinite(point.value) ? Json(point.value) : Json(nullptr);
      json_.push_back({{"metric", point.metric},
                       {"step", point.step},
                       {"time", PreciseTime(point.time)},
                       {"value", value},
                       {"text", point.text}});
    } else {
      table_.AddRow({point.metric, absl::StrCat(point.step), PreciseTime(point.time), point.text});
    }
  }

  void Finish() {
    if (format_ == "json") out_->Write(FormatObject(json_, "json"));
    if (format_ == "table") out_->Write(table_.Render());
  }

 private:
  const std::string format_;
  Output* const out_;
  Json json_ = Json::array();
  Table table_{{"METRIC", "STEP", "TIME", "VALUE"}};
};

// NotFound when the experiment knows no metric of that name.
absl::Status CheckMetric(const ExperimentRecord& record, const std::string& metric) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  std::vector<std::string> names;
  for (const MetricSpec& known : spec.objective.metrics) names.push_back(known.name);
  for (const std::string& name : names) {
    if (name == metric) return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("--metric: experiment ", FullName(record),
                                          " has no metric \"", metric, "\"; it has ",
                                          JoinAlternatives(names)));
}

absl::StatusOr<ExitCode> Metrics(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const Workspace::FoundTrial found,
                         workspace.FindTrial(invocation.ns, invocation.args()[0]));
  MetricQuery query{.metric = invocation.flags.ValueOr("metric", "")};
  if (!query.metric.empty()) {
    QALAM_RETURN_IF_ERROR(CheckMetric(found.experiment, query.metric));
  }
  QALAM_ASSIGN_OR_RETURN(const std::optional<int64_t> attempt,
                         IntegerFlag(invocation.flags, "attempt", 1));
  if (attempt.has_value()) query.attempt = static_cast<int>(*attempt);
  const std::string format = invocation.flags.ValueOr("output", "table");
  Printer printer(format, invocation.out);
  bool any = false;
  QALAM_RETURN_IF_ERROR(workspace.store().VisitMetrics(found.experiment.id, found.trial.number,
                                                       query, [&](const MetricPoint& point) {
                                                         printer.Add(point);
                                                         any = true;
                                                         return invocation.out->status().ok();
                                                       }));
  if (!any && format == "table") {
    invocation.err->Write(
        absl::StrCat("trial ", found.trial.name, " has reported no metrics yet\n"));
    return ExitCode::kSuccess;
  }
  printer.Finish();
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec MetricsVerb() {
  return {.name = "metrics",
          .summary = "Print the values that a trial reported, in the order of time",
          .usage = "TRIAL",
          .description =
              "CSV and JSON give the text as logged; in JSON \"value\" is it as a number, or null.",
          .min_args = 1,
          .max_args = 1,
          .args = {{.kind = ArgKind::kTrial}},
          .flags = {{.name = "metric", .value = "METRIC", .help = "Only this metric"},
                    {.name = "attempt",
                     .value = "N",
                     .help = "The values of this attempt instead of the latest"},
                    {.name = "output",
                     .short_name = 'o',
                     .value = "FORMAT",
                     .help = "How to print them",
                     .choices = {"table", "csv", "json"}}},
          .examples = {{"qalam metrics digits-x7k2m9qa", "All values of a trial"},
                       {"qalam metrics digits-x7 --metric loss -o csv > loss.csv",
                        "A learning curve for a spreadsheet"}},
          .run = Metrics};
}

}  // namespace qalam
