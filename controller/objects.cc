#include "controller/objects.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "controller/object_parts.h"
#include "core/outcomes.h"
#include "core/status_macros.h"
#include "trials/metrics/collector.h"

namespace qalam {
namespace {

std::string TextIn(const Json& object, const char* key) {
  const Json* value = FindIn(object, {key});
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// The items of a list below spec; nothing when it is not there.
std::vector<Json> ItemsIn(const Json& manifest, std::initializer_list<const char*> keys) {
  const Json* list = FindIn(manifest, keys);
  return list != nullptr && list->is_array() ? list->get<std::vector<Json>>() : std::vector<Json>();
}

// What is optimised, and by which value of its series; defaults are filled in in a manifest.
Objective ObjectiveOf(const Json& manifest) {
  Objective objective;
  const Json* first = FindIn(manifest, {"spec", "objective"});
  if (first == nullptr) return objective;
  objective.direction = ParseDirection(TextIn(*first, "type")).value_or(Direction::kMinimize);
  const std::string name = TextIn(*first, "objectiveMetricName");
  for (const Json& strategy : ItemsIn(manifest, {"spec", "objective", "metricStrategies"})) {
    objective.metrics.push_back(
        {TextIn(strategy, "name"),
         ParseMetricStrategy(TextIn(strategy, "value")).value_or(MetricStrategy::kLatest)});
  }
  if (objective.metrics.empty()) objective.metrics.push_back({name});
  for (const Json& item : ItemsIn(manifest, {"spec", "objectives"})) {
    const std::string metric = TextIn(item, "objectiveMetricName");
    if (metric == name) continue;
    objective.further.push_back(
        {metric, ParseDirection(TextIn(item, "type")).value_or(Direction::kMinimize)});
  }
  return objective;
}

// Which of the status's lists a trial stands in; nullptr for none.
const char* ListFor(TrialCondition condition) {
  switch (condition) {
    case TrialCondition::kCreated:
      return "pendingTrialList";
    case TrialCondition::kRunning:
      return "runningTrialList";
    case TrialCondition::kSucceeded:
      return "succeededTrialList";
    case TrialCondition::kKilled:
      return "killedTrialList";
    case TrialCondition::kFailed:
      return "failedTrialList";
    case TrialCondition::kMetricsUnavailable:
      return "metricsUnavailableTrialList";
    case TrialCondition::kEarlyStopped:
      return "earlyStoppedTrialList";
  }
  return nullptr;
}

// Lists and counters are absent while they are empty, as in Katib.
absl::Status AddTrialLists(const Store& store, int64_t experiment, Json& status) {
  std::map<std::string, Json> lists;
  TrialQuery query;
  query.with_conditions = false;
  QALAM_RETURN_IF_ERROR(store.VisitTrials(experiment, query, [&](StoredTrial trial) {
    lists[ListFor(trial.condition)].push_back(std::move(trial.name));
    return true;
  }));
  for (const char* name :
       {"runningTrialList", "pendingTrialList", "failedTrialList", "succeededTrialList",
        "killedTrialList", "earlyStoppedTrialList", "metricsUnavailableTrialList"}) {
    const auto list = lists.find(name);
    if (list != lists.end()) status[name] = std::move(list->second);
  }
  return absl::OkStatus();
}

void AddCounters(const TrialCounts& counts, Json& status) {
  const int64_t all = counts.created + counts.running + counts.succeeded + counts.killed +
                      counts.failed + counts.metrics_unavailable + counts.early_stopped;
  const std::pair<const char*, int64_t> counters[] = {
      {"trials", all},
      {"trialsSucceeded", counts.succeeded},
      {"trialsFailed", counts.failed},
      {"trialsKilled", counts.killed},
      {"trialsPending", counts.created},
      {"trialsRunning", counts.running},
      {"trialsEarlyStopped", counts.early_stopped},
      // Katib's own spelling, without the "s".
      {"trialMetricsUnavailable", counts.metrics_unavailable}};
  for (const auto& [name, count] : counters) {
    if (count > 0) status[name] = count;
  }
}

void AddTimes(const ExperimentRecord& record, Json& status) {
  if (record.started) status["startTime"] = qalam::FormatTime(*record.started);
  if (record.completed) status["completionTime"] = qalam::FormatTime(*record.completed);
  absl::Time reconciled = record.created;
  for (const ConditionRecord& condition : record.conditions) {
    reconciled = std::max(reconciled, condition.last_update);
  }
  status["lastReconcileTime"] = qalam::FormatTime(reconciled);
}

// The limits that hold now; they may have been edited since the manifest was written.
void SetLimits(const ExperimentRecord& record, Json& spec) {
  spec["parallelTrialCount"] = record.parallel_trial_count;
  const auto set = [&](const char* name, const std::optional<int64_t>& limit) {
    if (limit) {
      spec[name] = *limit;
    } else {
      spec.erase(name);
    }
  };
  set("maxTrialCount", record.max_trial_count);
  set("maxFailedTrialCount", record.max_failed_trial_count);
}

absl::StatusOr<Json> ExperimentStatus(const Store& store, const ExperimentRecord& record,
                                      const Json& manifest) {
  Json status = Json::object();
  AddTimes(record, status);
  status["conditions"] = ConditionsObject(record.conditions);
  const Objective objective = ObjectiveOf(manifest);
  QALAM_ASSIGN_OR_RETURN(const std::optional<StoredTrial> best,
                         store.BestTrial(record.id, objective.direction == Direction::kMaximize));
  status["currentOptimalTrial"] =
      best ? OptimalTrialObject(*best) : Json{{"observation", Json::object()}};
  if (objective.count() > 1) {
    QALAM_ASSIGN_OR_RETURN(const std::vector<StoredTrial> front, store.FrontTrials(record.id));
    status["paretoFront"] = FrontObject(front, objective);
  }
  QALAM_RETURN_IF_ERROR(AddTrialLists(store, record.id, status));
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, store.CountTrials(record.id));
  AddCounters(counts, status);
  return status;
}

}  // namespace

std::string FormatTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

Json OptimalTrialObject(const StoredTrial& trial) {
  Json object = Json::object();
  object["bestTrialName"] = trial.name;
  object["parameterAssignments"] = AssignmentsObject(trial.assignment);
  object["observation"] = ObservationObject(trial.observation);
  return object;
}

Json FrontObject(const std::vector<StoredTrial>& front, const Objective& objective) {
  Json list = Json::array();
  for (const StoredTrial& trial : front) {
    Json values = Json::array();
    for (int i = 0; i < objective.count(); ++i) {
      const MetricSpec& metric = OptimisedMetric(objective, i);
      values.push_back(
          {{"name", metric.name}, {"value", ObservedValue(trial.observation, metric)}});
    }
    list.push_back({{"trialName", trial.name},
                    {"objectives", std::move(values)},
                    {"parameterAssignments", AssignmentsObject(trial.assignment)},
                    {"observation", ObservationObject(trial.observation)}});
  }
  return list;
}

absl::StatusOr<Json> ExperimentObject(const Store& store, const ExperimentRecord& record) {
  const Json manifest = Json::parse(record.manifest, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) {
    return absl::DataLossError(absl::StrCat("the stored manifest of the experiment ", record.ns,
                                            "/", record.name, " is not a JSON object"));
  }
  Json object = Json::object();
  object["apiVersion"] = "kubeflow.org/v1beta1";
  object["kind"] = "Experiment";
  Json& metadata = object["metadata"];
  const Json* written = FindIn(manifest, {"metadata"});
  if (written != nullptr && written->is_object()) metadata = *written;
  metadata["name"] = record.name;
  metadata["namespace"] = record.ns;
  metadata["uid"] = record.uid;
  metadata["generation"] = record.generation;
  metadata["resourceVersion"] = absl::StrCat(record.resource_version);
  metadata["creationTimestamp"] = qalam::FormatTime(record.created);
  const Json* spec = FindIn(manifest, {"spec"});
  object["spec"] = spec != nullptr && spec->is_object() ? *spec : Json::object();
  SetLimits(record, object["spec"]);
  QALAM_ASSIGN_OR_RETURN(object["status"], ExperimentStatus(store, record, manifest));
  return object;
}

}  // namespace qalam
