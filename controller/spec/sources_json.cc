#include "controller/spec/sources_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace qalam {
namespace {

// The numbers of a list; nothing when it is none, or holds anything else.
std::optional<std::vector<double>> Numbers(const Json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const Json& item : list) {
    if (!item.is_number()) return std::nullopt;
    numbers.push_back(item.get<double>());
  }
  return numbers;
}

std::optional<SourceTrials> SourceFromJson(const Json& object, int parameters) {
  if (!object.is_object() || !object.contains("name") || !object["name"].is_string() ||
      !object.contains("losses") || !object.contains("points") || !object["points"].is_array()) {
    return std::nullopt;
  }
  SourceTrials source;
  source.name = object["name"].get<std::string>();
  std::optional<std::vector<double>> losses = Numbers(object["losses"]);
  if (!losses.has_value() || losses->empty() || losses->size() != object["points"].size()) {
    return std::nullopt;
  }
  source.losses = *std::move(losses);
  for (const Json& item : object["points"]) {
    std::optional<std::vector<double>> point = Numbers(item);
    if (!point.has_value() || static_cast<int>(point->size()) != parameters) return std::nullopt;
    source.points.push_back(*std::move(point));
  }
  return source;
}

}  // namespace

Json SourcesToJson(const SourceList& sources) {
  Json object = Json::object();
  object["kind"] = kSourcesKind;
  object["sources"] = Json::array();
  for (const auto& source : sources) {
    object["sources"].push_back(
        {{"name", source->name}, {"losses", source->losses}, {"points", source->points}});
  }
  return object;
}

absl::StatusOr<SourceList> SourcesFromJson(const Json& object, int parameters) {
  const absl::Status damaged =
      absl::DataLossError("what spec.warmStartFrom found is damaged in the store");
  if (!object.is_object() || !object.contains("sources") || !object["sources"].is_array()) {
    return damaged;
  }
  SourceList sources;
  for (const Json& item : object["sources"]) {
    std::optional<SourceTrials> source = SourceFromJson(item, parameters);
    if (!source.has_value()) return damaged;
    sources.push_back(std::make_shared<const SourceTrials>(*std::move(source)));
  }
  return sources;
}

}  // namespace qalam
