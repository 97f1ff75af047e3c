#include "bench/json_space.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// A JSON scalar as the text that parameters use.
std::string ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return FormatNumber(value.get<double>());
  return value.dump();
}

double NumberAt(const Json& entry, const char* key) {
  const auto it = entry.find(key);
  return it != entry.end() && it->is_number() ? it->get<double>() : 0;
}

bool FlagAt(const Json& entry, const char* key) {
  const auto it = entry.find(key);
  return it != entry.end() && it->is_boolean() && it->get<bool>();
}

Json ConditionToJson(const ParameterCondition& condition) {
  Json json = {{"parent", condition.parent}};
  if (!condition.values.empty()) json["values"] = condition.values;
  if (condition.min.has_value()) json["min"] = *condition.min;
  if (condition.max.has_value()) json["max"] = *condition.max;
  return json;
}

Json ParameterToJson(const Parameter& parameter) {
  Json json = {{"name", parameter.name}, {"type", std::string(ParameterTypeName(parameter.type))}};
  if (parameter.condition.has_value()) json["condition"] = ConditionToJson(*parameter.condition);
  if (parameter.is_numeric()) {
    json["min"] = parameter.min;
    json["max"] = parameter.max;
    json["log"] = parameter.is_log();
    if (parameter.step.has_value()) json["step"] = *parameter.step;
    return json;
  }
  json["list"] = Json::array();
  for (const std::string& text : parameter.list) {
    if (parameter.type == ParameterType::kDiscrete) {
      json["list"].push_back(ParseNumber(text).value_or(0));
    } else {
      json["list"].push_back(text);
    }
  }
  return json;
}

}  // namespace

absl::StatusOr<Parameter> ParameterFromJson(const Json& entry) {
  Parameter parameter;
  if (!entry.is_object() || !entry.contains("name") || !entry.at("name").is_string()) {
    return absl::DataLossError(absl::StrCat("a parameter without a name: ", entry.dump()));
  }
  parameter.name = entry.at("name").get<std::string>();
  const auto choices = entry.find("choices");
  if (choices != entry.end() && choices->is_array()) {
    parameter.type =
        FlagAt(entry, "ordinal") ? ParameterType::kDiscrete : ParameterType::kCategorical;
    for (const Json& choice : *choices) parameter.list.push_back(ScalarText(choice));
  } else {
    parameter.type =
        entry.value("type", "") == "int" ? ParameterType::kInt : ParameterType::kDouble;
    parameter.min = NumberAt(entry, "lower");
    parameter.max = NumberAt(entry, "upper");
    if (FlagAt(entry, "log")) parameter.distribution = Distribution::kLogUniform;
  }
  if (const absl::Status status = parameter.Validate(); !status.ok()) {
    return absl::DataLossError(
        absl::StrCat("parameter \"", parameter.name, "\": ", status.message()));
  }
  return parameter;
}

Json SpaceToJson(const SearchSpace& space) {
  Json json = Json::array();
  for (const Parameter& parameter : space.parameters()) json.push_back(ParameterToJson(parameter));
  return json;
}

Json AssignmentToJson(const SearchSpace& space, const Assignment& assignment) {
  Json json = Json::object();
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& parameter = space.parameter(i);
    const std::string text = parameter.FormatValue(assignment[i]);
    if (parameter.type == ParameterType::kCategorical) {
      json[parameter.name] = text;
    } else {
      json[parameter.name] = ParseNumber(text).value_or(0);
    }
  }
  return json;
}

absl::StatusOr<Assignment> AssignmentFromJson(const SearchSpace& space, const Json& json) {
  if (!json.is_object()) {
    return absl::InvalidArgumentError("the assignment is not an object of names and values");
  }
  NamedValues values;
  for (const auto& [name, value] : json.items()) values.emplace_back(name, ScalarText(value));
  QALAM_ASSIGN_OR_RETURN(Assignment assignment, space.Parse(values));
  // What others compute in floating point may miss a bound or a step by a rounding error.
  for (int i = 0; i < space.size(); ++i) assignment[i] = space.parameter(i).Snap(assignment[i]);
  return assignment;
}

}  // namespace qalam::bench
