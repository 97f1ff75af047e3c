#include "server/grpc/experiment_message.h"

#include <google/protobuf/arena.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/parameter.h"
#include "server/carried_state.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

// The words of the YAML for what the message has as a number; a number that the contract does not
// have is told as it is, and refused by whoever reads the object.
std::string TypeWord(katib::ParameterType type) {
  switch (type) {
    case katib::DOUBLE:
      return "double";
    case katib::INT:
      return "int";
    case katib::DISCRETE:
      return "discrete";
    case katib::CATEGORICAL:
      return "categorical";
    case katib::UNKNOWN_TYPE:
      return "unknown";
    default:
      return absl::StrCat(static_cast<int>(type));
  }
}

std::string DistributionWord(katib::Distribution distribution) {
  switch (distribution) {
    case katib::DISTRIBUTION_UNSPECIFIED:
    case katib::UNIFORM:
      return "uniform";
    case katib::LOG_UNIFORM:
      return "logUniform";
    case katib::NORMAL:
      return "normal";
    case katib::LOG_NORMAL:
      return "logNormal";
    default:
      return absl::StrCat(static_cast<int>(distribution));
  }
}

Json ParameterJson(const katib::ParameterSpec& parameter) {
  const katib::FeasibleSpace& feasible = parameter.feasible_space();
  Json space = Json::object();
  if (!feasible.min().empty()) space["min"] = feasible.min();
  if (!feasible.max().empty()) space["max"] = feasible.max();
  if (!feasible.step().empty()) space["step"] = feasible.step();
  for (const std::string& value : feasible.list()) space["list"].push_back(value);
  space["distribution"] = DistributionWord(feasible.distribution());
  return {{"name", parameter.name()},
          {"parameterType", TypeWord(parameter.parameter_type())},
          {"feasibleSpace", std::move(space)}};
}

Json ObjectiveJson(const katib::ExperimentSpec& spec, ObjectiveRule rule) {
  const katib::ObjectiveSpec& objective = spec.objective();
  const bool assume = rule == ObjectiveRule::kOptional;
  Json json = Json::object();
  if (objective.type() == katib::MAXIMIZE) json["type"] = "maximize";
  if (objective.type() == katib::MINIMIZE || (assume && objective.type() == katib::UNKNOWN)) {
    json["type"] = "minimize";
  }
  json["objectiveMetricName"] = objective.objective_metric_name();
  if (assume && objective.objective_metric_name().empty()) json["objectiveMetricName"] = "loss";
  return json;
}

Json AlgorithmJson(const katib::AlgorithmSpec& algorithm) {
  Json settings = Json::array();
  for (const katib::AlgorithmSetting& setting : algorithm.algorithm_settings()) {
    if (IsCarriedSetting(setting.name())) continue;
    settings.push_back({{"name", setting.name()}, {"value", setting.value()}});
  }
  return {{"algorithmName", algorithm.algorithm_name()},
          {"algorithmSettings", std::move(settings)}};
}

Json ExperimentJson(const katib::Experiment& experiment, ObjectiveRule objective) {
  const katib::ExperimentSpec& message = experiment.spec();
  Json spec = Json::object();
  spec["objective"] = ObjectiveJson(message, objective);
  spec["algorithm"] = AlgorithmJson(message.algorithm());
  if (message.has_nas_config()) spec["nasConfig"] = Json::object();
  Json& parameters = spec["parameters"] = Json::array();
  for (const katib::ParameterSpec& parameter : message.parameter_specs().parameters()) {
    parameters.push_back(ParameterJson(parameter));
  }
  if (message.max_trial_count() > 0) spec["maxTrialCount"] = message.max_trial_count();
  if (message.parallel_trial_count() > 0) {
    spec["parallelTrialCount"] = message.parallel_trial_count();
  }
  return {{"metadata", {{"name", experiment.name()}}}, {"spec", std::move(spec)}};
}

TrialCondition ConditionOf(const katib::TrialStatus& status) {
  switch (status.condition()) {
    case katib::TrialStatus::SUCCEEDED:
      return TrialCondition::kSucceeded;
    case katib::TrialStatus::KILLED:
      return TrialCondition::kKilled;
    case katib::TrialStatus::FAILED:
      return TrialCondition::kFailed;
    case katib::TrialStatus::METRICSUNAVAILABLE:
      return TrialCondition::kMetricsUnavailable;
    case katib::TrialStatus::EARLYSTOPPED:
      return TrialCondition::kEarlyStopped;
    case katib::TrialStatus::RUNNING:
      return TrialCondition::kRunning;
    default:
      return TrialCondition::kCreated;
  }
}

}  // namespace

absl::StatusOr<SearchSpec> SearchOf(const katib::Experiment& experiment, ObjectiveRule objective) {
  return ReadSearch(ExperimentJson(experiment, objective));
}

Settings TakeCarried(katib::Experiment* experiment) {
  Settings carried;
  auto* settings = experiment->mutable_spec()->mutable_algorithm()->mutable_algorithm_settings();
  int kept = 0;
  for (int i = 0; i < settings->size(); ++i) {
    katib::AlgorithmSetting* setting = settings->Mutable(i);
    if (IsCarriedSetting(setting->name())) {
      carried[setting->name()] = std::move(*setting->mutable_value());
    } else {
      settings->SwapElements(i, kept++);
    }
  }
  settings->DeleteSubrange(kept, settings->size() - kept);
  return carried;
}

absl::StatusOr<Objective> ObjectiveOf(const katib::ObjectiveSpec& objective) {
  const bool maximize = objective.type() == katib::MAXIMIZE;
  if (!maximize && objective.type() != katib::MINIMIZE) {
    return absl::InvalidArgumentError(absl::StrCat("experiment.spec.objective.type is ",
                                                   static_cast<int>(objective.type()),
                                                   "; it must be MINIMIZE (1) or MAXIMIZE (2)"));
  }
  if (objective.objective_metric_name().empty()) {
    return absl::InvalidArgumentError(
        "experiment.spec.objective.objective_metric_name is empty; name the metric");
  }
  return Objective{
      .direction = maximize ? Direction::kMaximize : Direction::kMinimize,
      .metrics = {{.name = objective.objective_metric_name(),
                   .strategy = maximize ? MetricStrategy::kMax : MetricStrategy::kMin}}};
}

ObservedTrial ObservedTrialOf(const katib::Trial& trial) {
  return {.name = trial.name(),
          .start_time = trial.status().start_time(),
          .condition = ConditionOf(trial.status())};
}

absl::StatusOr<ReportedTrial> DecodeTrial(absl::string_view bytes, const std::string& metric) {
  google::protobuf::Arena arena;
  auto& trial = *google::protobuf::Arena::CreateMessage<katib::Trial>(&arena);
  if (!trial.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("trials: one of them is not an api.v1.beta1.Trial");
  }
  ReportedTrial reported;
  reported.name = trial.name();
  reported.start_time = trial.status().start_time();
  reported.condition = ConditionOf(trial.status());
  for (const auto& assignment : trial.spec().parameter_assignments().assignments()) {
    reported.values.emplace_back(assignment.name(), assignment.value());
  }
  for (const katib::Metric& observed : trial.status().observation().metrics()) {
    if (observed.name() != metric) continue;
    reported.objective = ParseNumber(observed.value());
  }
  return reported;
}

}  // namespace qalam
