#include "controller/spec/yaml_node.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/parameter.h"

namespace qalam {
namespace {

// Reads all of `digits` as an unsigned number of that base.
std::optional<uint64_t> ParseDigits(absl::string_view digits, int base) {
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<uint64_t> ParseMagnitude(absl::string_view text) {
  if (absl::StartsWithIgnoreCase(text, "0x")) return ParseDigits(text.substr(2), 16);
  if (absl::StartsWithIgnoreCase(text, "0o")) return ParseDigits(text.substr(2), 8);
  if (absl::StartsWithIgnoreCase(text, "0b")) return ParseDigits(text.substr(2), 2);
  // As in YAML 1.1 and Kubernetes: "defaultMode: 0644" is octal.
  if (text.size() > 1 && text[0] == '0') {
    if (const auto octal = ParseDigits(text.substr(1), 8)) return octal;
  }
  return ParseDigits(text, 10);
}

std::optional<Json> ParseInteger(absl::string_view text) {
  const bool negative = absl::StartsWith(text, "-");
  if (negative || absl::StartsWith(text, "+")) text.remove_prefix(1);
  const std::optional<uint64_t> magnitude = ParseMagnitude(text);
  if (!magnitude) return std::nullopt;
  constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;
  if (!negative) {
    if (*magnitude < kMinMagnitude) return Json(static_cast<int64_t>(*magnitude));
    return Json(*magnitude);
  }
  if (*magnitude > kMinMagnitude) return std::nullopt;
  return Json(static_cast<int64_t>(~*magnitude + 1));
}

// True for what may be a float: a digit somewhere, and nothing but digits, sign, point and
// exponent.
bool LooksLikeFloat(absl::string_view text) {
  bool digit = false;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) {
      digit = true;
    } else if (!absl::StrContains("+-.eE", c)) {
      return false;
    }
  }
  return digit;
}

}  // namespace

const YamlNode* YamlNode::Find(absl::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return entry.value.get();
  }
  return nullptr;
}

const char* KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

Json PlainScalarToJson(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (std::optional<Json> integer = ParseInteger(text)) return *std::move(integer);
  if (LooksLikeFloat(text)) {
    absl::string_view number = text;
    if (number[0] == '+') number.remove_prefix(1);
    const std::optional<double> value = ParseNumber(number);
    if (value && std::isfinite(*value)) return *value;
  }
  return text;
}

Json YamlToJson(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kScalar:
      if (node.quoted) return node.text;
      return PlainScalarToJson(node.text);
    case YamlNode::Kind::kList: {
      Json list = Json::array();
      for (const YamlPtr& item : node.items) list.push_back(YamlToJson(*item));
      return list;
    }
    case YamlNode::Kind::kMap:
      break;
  }
  // Appended without the search for a repeated key (the reader made sure that there is none).
  Json::object_t map;
  for (const YamlNode::Entry& entry : node.entries) {
    map.emplace_back(entry.key, YamlToJson(*entry.value));
  }
  return Json(std::move(map));
}

YamlPtr YamlFromJson(const Json& value) {
  auto node = std::make_shared<YamlNode>();
  if (value.is_object()) {
    node->kind = YamlNode::Kind::kMap;
    for (const auto& [key, child] : value.items()) {
      node->entries.push_back({key, Place(), YamlFromJson(child)});
    }
  } else if (value.is_array()) {
    node->kind = YamlNode::Kind::kList;
    for (const Json& child : value) node->items.push_back(YamlFromJson(child));
  } else if (value.is_string()) {
    node->kind = YamlNode::Kind::kScalar;
    node->text = value.get<std::string>();
    node->quoted = true;
  } else if (!value.is_null()) {
    node->kind = YamlNode::Kind::kScalar;
    node->text = value.dump();
  }
  return node;
}

}  // namespace qalam
