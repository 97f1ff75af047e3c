// Progress as one JSON object a line, for programs.
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/limit_json.h"
#include "cli/reporter.h"
#include "cli/result.h"
#include "controller/objects.h"
#include "core/json.h"
#include "core/outcomes.h"
#include "trials/metrics/collector.h"

namespace qalam {
namespace {

Json ParametersJson(const NamedValues& assignment) {
  Json json = Json::object();
  for (const auto& [name, value] : assignment) json[name] = value;
  return json;
}

Json NumberJson(const std::optional<double>& value) {
  if (!value.has_value() || !std::isfinite(*value)) return nullptr;
  return *value;
}

Json ObjectivesJson(const std::vector<MetricSummary>& observation, const Objective& objective) {
  Json json = Json::object();
  for (int i = 0; i < objective.count(); ++i) {
    json[OptimisedMetric(objective, i).name] =
        NumberJson(ObservedNumber(observation, OptimisedMetric(objective, i)));
  }
  return json;
}

Json FrontJson(const ExperimentView& view, const Objective& objective) {
  Json list = Json::array();
  for (const auto& trial : view.front) {
    list.push_back({{"name", trial->name},
                    {"objectives", ObjectivesJson(trial->observation, objective)},
                    {"parameters", ParametersJson(trial->assignment)}});
  }
  return list;
}

class JsonReporter final : public Reporter {
 public:
  JsonReporter(Output* output, const Clock* clock) : Reporter(clock), output_(output) {}

 private:
  void DoBegin(const ReportedExperiment& e) override {
    Json event = Event("experimentStarted", &e);
    event["uid"] = e.record.uid;
    event["resumed"] = e.resumed;
    event["maxTrialCount"] = LimitJson(e.spec.budget.max_trial_count);
    event["parallelTrialCount"] = e.spec.budget.parallel_trial_count;
    Write(event);
  }

  void DoTrialCreated(const ReportedExperiment& e, const TrialCreated& change) override {
    Json event = TrialEvent("trialCreated", e, change.trial.name, change.trial.number);
    event["parameters"] = ParametersJson(change.trial.assignment);
    event["explanation"] = change.trial.explanation;
    Write(event);
  }

  void DoTrialChanged(const ReportedExperiment& e, const ReportedTrial& trial,
                      const TrialChanged& change) override {
    const bool running = change.condition == TrialCondition::kRunning;
    Json event =
        TrialEvent(running ? "trialStarted" : "trialRestarted", e, trial.name, trial.number);
    event["attempt"] = change.attempt;
    if (!running) {
      event["reason"] = change.reason;
      event["message"] = change.message;
    }
    Write(event);
  }

  void DoMetrics(const ReportedExperiment& e, const ReportedTrial& trial,
                 const MetricsAppended& change) override {
    for (const MetricPoint& point : change.points) {
      Json event = TrialEvent("metric", e, trial.name, trial.number);
      event["metric"] = point.metric;
      event["value"] = point.text;
      event["step"] = point.step;
      event["metricTime"] = qalam::FormatTime(point.time);
      Write(event);
    }
  }

  void DoTrialEnded(const ReportedExperiment& e, const TrialEnd& end) override {
    Json event = TrialEvent("trialFinished", e, end.trial.name, end.trial.number);
    event["condition"] = std::string(TrialConditionName(end.change.condition));
    event["reason"] = end.change.reason;
    event["message"] = end.change.message;
    event["objective"] = NumberJson(end.change.objective);
    event["best"] = end.is_best;
    if (e.spec.objective.count() > 1) {
      event["objectives"] = ObjectivesJson(end.change.observation, e.spec.objective);
      event["onFront"] = end.change.on_front;
    }
    if (!e.spec.objective.constraints.empty()) {
      event["feasible"] = end.change.objective.has_value() && end.change.violation == 0;
    }
    event["parameters"] = ParametersJson(end.trial.assignment);
    event["observation"] = Json::array();
    for (const MetricSummary& summary : end.change.observation) {
      event["observation"].push_back({{"name", summary.name},
                                      {"min", summary.min},
                                      {"max", summary.max},
                                      {"latest", summary.latest}});
    }
    Write(event);
  }

  void DoFinished(const ReportedExperiment& e, const ExperimentView& view) override {
    Json event = Event("experimentFinished", &e);
    event["condition"] = view.record.condition;
    const ConditionRecord condition = CurrentCondition(view.record);
    event["reason"] = condition.reason;
    event["message"] = condition.message;
    const TrialCounts& counts = view.counts;
    event["trials"] = {{"created", counts.created},
                       {"running", counts.running},
                       {"succeeded", counts.succeeded},
                       {"failed", counts.failed},
                       {"killed", counts.killed},
                       {"metricsUnavailable", counts.metrics_unavailable},
                       {"earlyStopped", counts.early_stopped}};
    event["bestTrial"] = nullptr;
    if (view.best.has_value()) {
      event["bestTrial"] = {{"name", view.best->name},
                            {"objective", NumberJson(view.best->objective)},
                            {"parameters", ParametersJson(view.best->assignment)}};
    }
    if (e.spec.objective.count() > 1) event["paretoFront"] = FrontJson(view, e.spec.objective);
    Write(event);
  }

  void DoNote(const ReportedExperiment* e, const std::string& text) override {
    Json event = Event("notice", e);
    event["text"] = text;
    Write(event);
  }

  bool DoOutputWorks() override { return output_->status().ok(); }

  Json Event(const char* name, const ReportedExperiment* e) const {
    Json event = {{"event", name},
                  {"time", absl::FormatTime(absl::RFC3339_full, Now(), absl::UTCTimeZone())}};
    if (e != nullptr) {
      event["namespace"] = e->record.ns;
      event["experiment"] = e->record.name;
    }
    return event;
  }

  Json TrialEvent(const char* name, const ReportedExperiment& e, const std::string& trial,
                  int64_t number) const {
    Json event = Event(name, &e);
    event["trial"] = trial;
    event["number"] = number;
    return event;
  }

  void Write(const Json& event) {
    // Logs may hold bytes that are not UTF-8; they become U+FFFD.
    output_->Write(absl::StrCat(event.dump(-1, ' ', false, Json::error_handler_t::replace), "\n"));
    output_->Flush();
  }

  Output* const output_;
};

}  // namespace

std::unique_ptr<Reporter> MakeJsonReporter(Output* output, const Clock* clock) {
  return std::make_unique<JsonReporter>(output, clock);
}

}  // namespace qalam
