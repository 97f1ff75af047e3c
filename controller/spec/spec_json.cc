#include "controller/spec/spec_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/spec/fields.h"
#include "controller/spec/load.h"
#include "controller/spec/report.h"

namespace qalam {
namespace {

Json ObjectToJson(const YamlNode& object, const std::string& path);

// A value of a known field in the field's own type. CheckStructure has found it to be right.
Json FieldToJson(const YamlNode& node, const FieldInfo& info) {
  switch (info.type) {
    case FieldType::kText:
      return node.text;
    case FieldType::kTextList: {
      Json list = Json::array();
      for (const YamlPtr& item : node.items) list.push_back(item->text);
      return list;
    }
    case FieldType::kTextMap: {
      Json map = Json::object();
      for (const YamlNode::Entry& entry : node.entries) map[entry.key] = entry.value->text;
      return map;
    }
    case FieldType::kTextOrObjectList: {
      Json list = Json::array();
      for (const YamlPtr& item : node.items) {
        const bool is_map = item->kind == YamlNode::Kind::kMap;
        list.push_back(is_map ? ObjectToJson(*item, absl::StrCat(info.path, "[]"))
                              : Json(item->text));
      }
      return list;
    }
    case FieldType::kInteger:
    case FieldType::kNumber:
      return PlainScalarToJson(node.text);
    case FieldType::kBool:
      return ParseSpecBool(node).value_or(false);
    case FieldType::kObject:
      return ObjectToJson(node, std::string(info.path));
    case FieldType::kList: {
      Json list = Json::array();
      for (const YamlPtr& item : node.items) {
        list.push_back(ObjectToJson(*item, absl::StrCat(info.path, "[]")));
      }
      return list;
    }
    case FieldType::kIntegerList:
    case FieldType::kAny:
      break;
  }
  return YamlToJson(node);
}

Json ObjectToJson(const YamlNode& object, const std::string& path) {
  const std::string prefix = path.empty() ? "" : absl::StrCat(path, ".");
  Json result = Json::object();
  for (const YamlNode::Entry& entry : object.entries) {
    const FieldInfo* info = FindField(absl::StrCat(prefix, entry.key));
    if (info == nullptr) {
      result[entry.key] = YamlToJson(*entry.value);
    } else if (entry.value->kind != YamlNode::Kind::kNull) {
      result[entry.key] = FieldToJson(*entry.value, *info);
    }
  }
  return result;
}

const char* ResumePolicyName(ResumePolicy policy) {
  switch (policy) {
    case ResumePolicy::kNever:
      return "Never";
    case ResumePolicy::kLongRunning:
      return "LongRunning";
    case ResumePolicy::kFromVolume:
      return "FromVolume";
  }
  return "";
}

void SetDefault(Json& object, const char* key, Json value) {
  // As in Katib, an empty text is as good as none.
  const bool blank = object.contains(key) && object[key].is_string() &&
                     object[key].get_ref<const std::string&>().empty();
  if (blank || !object.contains(key)) object[key] = std::move(value);
}

// What spec.objective would say of the first of spec.objectives, and Katib's names for the rest.
void FillObjective(const Objective& objective, Json& object) {
  SetDefault(object, "type", std::string(DirectionName(objective.direction)));
  SetDefault(object, "objectiveMetricName", objective.metrics[0].name);
  if (objective.goal.has_value()) SetDefault(object, "goal", *objective.goal);
  if (objective.further.empty() && objective.constraints.empty()) return;
  Json others = Json::array();
  for (size_t i = 1; i < objective.metrics.size(); ++i) {
    others.push_back(objective.metrics[i].name);
  }
  if (!others.empty()) object["additionalMetricNames"] = std::move(others);
}

void FillStrategies(const Objective& objective, Json& object) {
  Json strategies = Json::array();
  for (const MetricSpec& metric : objective.metrics) {
    strategies.push_back(
        {{"name", metric.name}, {"value", std::string(MetricStrategyName(metric.strategy))}});
  }
  object["metricStrategies"] = std::move(strategies);
}

void FillCollector(const MetricsCollectorSpec& collector, Json& spec) {
  Json& object = spec["metricsCollectorSpec"];
  SetDefault(object["collector"], "kind", "StdOut");
  if (collector.kind != CollectorKind::kFile) return;
  Json& file = object["source"]["fileSystemPath"];
  SetDefault(file, "path", collector.path);
  SetDefault(file, "kind", "File");
  SetDefault(file, "format", "TEXT");
}

void FillTemplate(const TrialTemplate& trial_template, Json& object) {
  SetDefault(object, "successCondition", trial_template.success_condition);
  SetDefault(object, "failureCondition", trial_template.failure_condition);
  if (!trial_template.primary_pod_labels.empty()) {
    SetDefault(object, "primaryPodLabels", trial_template.primary_pod_labels);
  }
}

}  // namespace

Json MakeManifest(const YamlNode& document, const ExperimentSpec& experiment) {
  Json object = ObjectToJson(document, "");
  object.erase("status");
  Json& metadata = object["metadata"];
  for (const std::string& name : FieldNamesBelow("metadata")) {
    const FieldInfo* info = FindField(absl::StrCat("metadata.", name));
    if (info->help == FindField("metadata.uid")->help) metadata.erase(name);
  }
  metadata["name"] = experiment.name;
  metadata["namespace"] = experiment.ns;
  Json& spec = object["spec"];
  FillObjective(experiment.objective, spec["objective"]);
  FillStrategies(experiment.objective, spec["objective"]);
  SetDefault(spec, "parallelTrialCount", experiment.budget.parallel_trial_count);
  SetDefault(spec, "resumePolicy", ResumePolicyName(experiment.resume_policy));
  FillCollector(experiment.collector, spec);
  if (spec.contains("trialTemplate")) {
    FillTemplate(experiment.trial_template, spec["trialTemplate"]);
  }
  return object;
}

namespace {

bool IsLimit(const std::string& path) {
  return path == "spec.parallelTrialCount" || path == "spec.maxTrialCount" ||
         path == "spec.maxFailedTrialCount";
}

void Diff(const Json& a, const Json& b, const std::string& path, std::vector<std::string>* paths) {
  if (a == b || IsLimit(path)) return;
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      const auto other = b.find(key);
      const std::string below = absl::StrCat(path, ".", key);
      Diff(value, other == b.end() ? Json() : *other, below, paths);
    }
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) Diff(Json(), value, absl::StrCat(path, ".", key), paths);
    }
    return;
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (size_t i = 0; i < a.size(); ++i) Diff(a[i], b[i], absl::StrCat(path, "[", i, "]"), paths);
    return;
  }
  paths->push_back(path);
}

Json SpecOf(const Json& manifest) {
  const auto spec = manifest.find("spec");
  return spec == manifest.end() ? Json::object() : *spec;
}

}  // namespace

std::vector<std::string> DiffSpecs(const Json& a, const Json& b) {
  std::vector<std::string> paths;
  Diff(SpecOf(a), SpecOf(b), "spec", &paths);
  return paths;
}

}  // namespace qalam
