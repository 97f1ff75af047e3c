// TrialObject of objects.h.
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "controller/object_parts.h"
#include "controller/objects.h"
#include "controller/spec/diagnostic.h"
#include "controller/spec/yaml_reader.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

std::string TextIn(const Json& object, std::initializer_list<const char*> keys) {
  const Json* value = FindIn(object, keys);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::map<std::string, std::string> TextsIn(const Json& object,
                                           std::initializer_list<const char*> keys) {
  std::map<std::string, std::string> texts;
  const Json* map = FindIn(object, keys);
  if (map == nullptr || !map->is_object()) return texts;
  for (const auto& [key, value] : map->items()) {
    if (value.is_string()) texts[key] = value.get<std::string>();
  }
  return texts;
}

// The manifest that the template's ConfigMap holds; nothing when it did not come with the
// experiment.
std::optional<Json> ConfigMapTemplate(const Json& config_map, const std::string& companions) {
  const Json objects = Json::parse(companions, nullptr, /*allow_exceptions=*/false);
  if (!objects.is_array()) return std::nullopt;
  for (const Json& object : objects) {
    if (TextIn(object, {"kind"}) != "ConfigMap" ||
        TextIn(object, {"metadata", "name"}) != TextIn(config_map, {"configMapName"}) ||
        TextIn(object, {"metadata", "namespace"}) != TextIn(config_map, {"configMapNamespace"})) {
      continue;
    }
    const std::string path = TextIn(config_map, {"templatePath"});
    const std::string text = TextIn(object, {"data", path.c_str()});
    std::vector<Diagnostic> problems;
    const std::vector<YamlPtr> documents = ReadYaml(text, YamlOrigin(), &problems);
    if (documents.size() == 1) return YamlToJson(*documents[0]);
  }
  return std::nullopt;
}

// The template as far as it is needed to render the trial's job.
std::optional<TrialTemplate> TemplateOf(const Json& trial_template, const std::string& companions) {
  TrialTemplate result;
  const Json* trial_spec = FindIn(trial_template, {"trialSpec"});
  const Json* config_map = FindIn(trial_template, {"configMap"});
  if (trial_spec != nullptr) {
    result.manifest = std::make_shared<const Json>(*trial_spec);
  } else if (config_map != nullptr) {
    std::optional<Json> manifest = ConfigMapTemplate(*config_map, companions);
    if (!manifest) return std::nullopt;
    result.manifest = std::make_shared<const Json>(*std::move(manifest));
  } else {
    return std::nullopt;
  }
  const Json* parameters = FindIn(trial_template, {"trialParameters"});
  if (parameters == nullptr || !parameters->is_array()) return result;
  for (const Json& parameter : *parameters) {
    result.parameters.push_back({TextIn(parameter, {"name"}), TextIn(parameter, {"description"}),
                                 TextIn(parameter, {"reference"})});
  }
  return result;
}

std::map<std::string, std::string> LabelsOf(const ExperimentRecord& experiment,
                                            const Json& manifest, const StoredTrial& trial) {
  std::map<std::string, std::string> labels = TextsIn(manifest, {"metadata", "labels"});
  labels["katib.kubeflow.org/experiment"] = experiment.name;
  for (const auto& [key, value] : trial.labels) labels[key] = value;
  return labels;
}

Json MetadataOf(const ExperimentRecord& experiment, const Json& manifest,
                const StoredTrial& trial) {
  Json metadata = Json::object();
  metadata["name"] = trial.name;
  metadata["namespace"] = experiment.ns;
  metadata["uid"] = trial.uid;
  metadata["generation"] = 1;
  metadata["resourceVersion"] = std::to_string(trial.resource_version);
  metadata["creationTimestamp"] = qalam::FormatTime(trial.created);
  metadata["labels"] = LabelsOf(experiment, manifest, trial);
  if (!trial.explanation.empty()) {
    metadata["annotations"] = {{"qalam.dev/explanation", trial.explanation}};
  }
  metadata["ownerReferences"] = Json::array({{{"apiVersion", "kubeflow.org/v1beta1"},
                                              {"kind", "Experiment"},
                                              {"name", experiment.name},
                                              {"uid", experiment.uid},
                                              {"controller", true},
                                              {"blockOwnerDeletion", true}}});
  return metadata;
}

// The parameters that do not exist in every trial.
std::set<std::string> ConditionalParameters(const Json& manifest) {
  std::set<std::string> names;
  const Json* parameters = FindIn(manifest, {"spec", "parameters"});
  if (parameters == nullptr || !parameters->is_array()) return names;
  for (const Json& parameter : *parameters) {
    if (FindIn(parameter, {"condition"}) != nullptr) names.insert(TextIn(parameter, {"name"}));
  }
  return names;
}

// The job as the trial runs it; as written in the template where it cannot be rendered.
std::optional<Json> RunSpecOf(const ExperimentRecord& experiment, const Json& manifest,
                              const Json& trial_template, const StoredTrial& trial) {
  std::optional<TrialTemplate> source = TemplateOf(trial_template, experiment.companions);
  if (!source) return std::nullopt;
  source->conditional = ConditionalParameters(manifest);
  TrialIdentity identity;
  identity.name = trial.name;
  identity.ns = experiment.ns;
  identity.labels = trial.labels;
  identity.labels["katib.kubeflow.org/experiment"] = experiment.name;
  identity.labels["katib.kubeflow.org/trial"] = trial.name;
  absl::StatusOr<Json> rendered = RenderManifest(*source, trial.assignment, identity);
  return rendered.ok() ? *std::move(rendered) : *source->manifest;
}

Json SpecOf(const ExperimentRecord& experiment, const Json& manifest, const StoredTrial& trial) {
  Json spec = Json::object();
  const auto copy = [&](const char* name, std::initializer_list<const char*> keys) {
    if (const Json* value = FindIn(manifest, keys)) spec[name] = *value;
  };
  copy("objective", {"spec", "objective"});
  spec["parameterAssignments"] = AssignmentsObject(trial.assignment);
  const Json* trial_template = FindIn(manifest, {"spec", "trialTemplate"});
  if (trial_template != nullptr) {
    if (auto run = RunSpecOf(experiment, manifest, *trial_template, trial))
      spec["runSpec"] = *std::move(run);
  }
  copy("retainRun", {"spec", "trialTemplate", "retain"});
  copy("metricsCollector", {"spec", "metricsCollectorSpec"});
  copy("primaryPodLabels", {"spec", "trialTemplate", "primaryPodLabels"});
  copy("primaryContainerName", {"spec", "trialTemplate", "primaryContainerName"});
  copy("successCondition", {"spec", "trialTemplate", "successCondition"});
  copy("failureCondition", {"spec", "trialTemplate", "failureCondition"});
  if (!trial.labels.empty()) spec["labels"] = trial.labels;
  return spec;
}

Json StatusOf(const StoredTrial& trial) {
  Json status = Json::object();
  if (trial.started) status["startTime"] = qalam::FormatTime(*trial.started);
  if (trial.completed) status["completionTime"] = qalam::FormatTime(*trial.completed);
  status["conditions"] = ConditionsObject(trial.conditions);
  status["observation"] = ObservationObject(trial.observation);
  return status;
}

}  // namespace

const Json* FindIn(const Json& object, std::initializer_list<const char*> keys) {
  const Json* value = &object;
  for (const char* key : keys) {
    const auto found = value->is_object() ? value->find(key) : value->end();
    if (found == value->end()) return nullptr;
    value = &*found;
  }
  return value;
}

Json ConditionsObject(const std::vector<ConditionRecord>& conditions) {
  Json list = Json::array();
  for (const ConditionRecord& condition : conditions) {
    list.push_back({{"type", condition.type},
                    {"status", condition.status ? "True" : "False"},
                    {"reason", condition.reason},
                    {"message", condition.message},
                    {"lastUpdateTime", qalam::FormatTime(condition.last_update)},
                    {"lastTransitionTime", qalam::FormatTime(condition.last_transition)}});
  }
  return list;
}

Json AssignmentsObject(const NamedValues& assignment) {
  Json list = Json::array();
  for (const auto& [name, value] : assignment) list.push_back({{"name", name}, {"value", value}});
  return list;
}

Json ObservationObject(const std::vector<MetricSummary>& metrics) {
  Json list = Json::array();
  for (const MetricSummary& metric : metrics) {
    // Katib writes "unavailable" for what never was a number.
    const auto text = [](const std::string& value) {
      return value.empty() ? "unavailable" : value;
    };
    list.push_back({{"name", metric.name},
                    {"min", text(metric.min)},
                    {"max", text(metric.max)},
                    {"latest", text(metric.latest)}});
  }
  Json object = Json::object();
  if (!list.empty()) object["metrics"] = std::move(list);
  return object;
}

Json TrialObject(const ExperimentRecord& experiment, const Json& experiment_manifest,
                 const StoredTrial& trial) {
  Json object = Json::object();
  object["apiVersion"] = "kubeflow.org/v1beta1";
  object["kind"] = "Trial";
  object["metadata"] = MetadataOf(experiment, experiment_manifest, trial);
  object["spec"] = SpecOf(experiment, experiment_manifest, trial);
  object["status"] = StatusOf(trial);
  return object;
}

}  // namespace qalam
