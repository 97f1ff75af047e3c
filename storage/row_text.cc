#include "storage/row_text.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

std::string Dump(const Json& value) {
  return value.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

absl::Status Malformed(absl::string_view text) {
  return absl::DataLossError(absl::StrCat("the store is damaged: a column holds \"",
                                          text.substr(0, 80),
                                          "\", which is not what was written; restore a backup"));
}

// Parses `text` and lets `convert` take it apart; whatever is not as expected there throws.
template <typename T, typename Convert>
absl::StatusOr<T> Parse(absl::string_view text, Convert convert) {
  try {
    return convert(Json::parse(text.begin(), text.end()));
  } catch (const Json::exception&) {
    return Malformed(text);
  }
}

absl::Time TimeAt(const Json& object, const char* key) {
  return absl::FromUnixNanos(object.at(key).get<int64_t>());
}

}  // namespace

std::string WriteNamedValues(const NamedValues& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object.emplace(name, value);
  return Dump(object);
}

absl::StatusOr<NamedValues> ReadNamedValues(absl::string_view text) {
  return Parse<NamedValues>(text, [](const Json& object) {
    NamedValues values;
    for (const auto& [name, value] : object.items()) values.emplace_back(name, value);
    return values;
  });
}

std::string WriteLabels(const std::map<std::string, std::string>& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) object.emplace(name, value);
  return Dump(object);
}

absl::StatusOr<std::map<std::string, std::string>> ReadLabels(absl::string_view text) {
  using Labels = std::map<std::string, std::string>;
  return Parse<Labels>(text, [](const Json& object) {
    Labels labels;
    for (const auto& [name, value] : object.items()) labels.emplace(name, value);
    return labels;
  });
}

std::string WriteObservation(const std::vector<MetricSummary>& observation) {
  Json array = Json::array();
  for (const MetricSummary& metric : observation) {
    array.push_back({{"name", metric.name},
                     {"min", metric.min},
                     {"max", metric.max},
                     {"latest", metric.latest}});
  }
  return Dump(array);
}

absl::StatusOr<std::vector<MetricSummary>> ReadObservation(absl::string_view text) {
  using Observation = std::vector<MetricSummary>;
  return Parse<Observation>(text, [](const Json& array) {
    Observation observation;
    for (const Json& metric : array) {
      observation.push_back({.name = metric.at("name"),
                             .min = metric.at("min"),
                             .max = metric.at("max"),
                             .latest = metric.at("latest")});
    }
    return observation;
  });
}

std::string WriteConditions(const std::vector<ConditionRecord>& conditions) {
  Json array = Json::array();
  for (const ConditionRecord& condition : conditions) {
    array.push_back({{"type", condition.type},
                     {"status", condition.status},
                     {"reason", condition.reason},
                     {"message", condition.message},
                     {"lastUpdate", absl::ToUnixNanos(condition.last_update)},
                     {"lastTransition", absl::ToUnixNanos(condition.last_transition)}});
  }
  return Dump(array);
}

absl::StatusOr<std::vector<ConditionRecord>> ReadConditions(absl::string_view text) {
  using Conditions = std::vector<ConditionRecord>;
  return Parse<Conditions>(text, [](const Json& array) {
    Conditions conditions;
    for (const Json& condition : array) {
      conditions.push_back({.type = condition.at("type"),
                            .status = condition.at("status"),
                            .reason = condition.at("reason"),
                            .message = condition.at("message"),
                            .last_update = TimeAt(condition, "lastUpdate"),
                            .last_transition = TimeAt(condition, "lastTransition")});
    }
    return conditions;
  });
}

}  // namespace qalam
