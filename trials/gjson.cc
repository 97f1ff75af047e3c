#include "trials/gjson.h"

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "trials/gjson_syntax.h"

namespace qalam {
namespace gjson_internal {
namespace {

// A JSON value that is part of the input or of something that was built.
struct Value {
  const Json* json = nullptr;
  std::shared_ptr<const Json> owner;  // keeps *json alive; null for parts of the input
};
using Found = std::optional<Value>;

Value Own(Json json) {
  auto owner = std::make_shared<const Json>(std::move(json));
  return Value{owner.get(), owner};
}
Value PartOf(const Value& whole, const Json& part) { return Value{&part, whole.owner}; }

// The number of bytes of the UTF-8 character at the front of `text` (1 for a stray byte).
size_t CharacterSize(absl::string_view text) {
  size_t size = 1;
  if ((text[0] & 0xC0) == 0xC0) {
    while (size < text.size() && size < 4 && (text[size] & 0xC0) == 0x80) ++size;
  }
  return size;
}

// True when `text` matches `pattern`: * any text, ? one character, \ takes the next literally. On a
// mismatch it goes back to the last * only, so the work is at most the product of the lengths.
bool Like(absl::string_view text, absl::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  size_t star = absl::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const size_t at = escaped ? p + 1 : p;
    const bool any = !escaped && p < pattern.size() && pattern[p] == '?';
    if (any || (at < pattern.size() && pattern[at] == text[t])) {
      t += any ? CharacterSize(text.substr(t)) : 1;
      p = at + 1;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template <typename T>
bool Compare(const T& a, Operator op, const T& b) {
  switch (op) {
    case Operator::kEqual:
      return a == b;
    case Operator::kNotEqual:
      return a != b;
    case Operator::kLess:
      return a < b;
    case Operator::kLessOrEqual:
      return a <= b;
    case Operator::kGreater:
      return a > b;
    case Operator::kGreaterOrEqual:
      return a >= b;
    default:
      return false;
  }
}

// strconv.ParseBool's words.
std::optional<bool> WordAsBool(absl::string_view word) {
  for (absl::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (word == yes) return true;
  }
  for (absl::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<bool> AsBool(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>() != 0;
  if (json.is_string()) return WordAsBool(json.get_ref<const std::string&>());
  return std::nullopt;
}

bool LooselyIs(const Found& found, Loosely what) {
  switch (what) {
    case Loosely::kAny:
      return found.has_value();
    case Loosely::kNull:
      return !found.has_value() || found->json->is_null();
    case Loosely::kTrue:
      return found.has_value() && AsBool(*found->json) == true;
    default:
      return !found.has_value() || found->json->is_null() || AsBool(*found->json) == false;
  }
}

// Booleans compare with the words only, false before true.
bool BoolMatches(bool found, Operator op, absl::string_view value) {
  if (op == Operator::kEqual) return value == (found ? "true" : "false");
  if (op == Operator::kNotEqual) return value != (found ? "true" : "false");
  if (found)
    return op == Operator::kGreaterOrEqual || (op == Operator::kGreater && value == "false");
  return op == Operator::kLessOrEqual || (op == Operator::kLess && value == "true");
}

bool Matches(const Query& query, const Found& found) {
  if (query.loosely != Loosely::kNot) {
    return BoolMatches(LooselyIs(found, query.loosely), query.op, "true");
  }
  if (!found.has_value()) return false;
  if (query.op == Operator::kExists) return true;
  const Json& json = *found->json;
  if (json.is_boolean()) return BoolMatches(json.get<bool>(), query.op, query.value);
  if (json.is_number()) {
    // A text that is no number differs from every number and has no order with it.
    if (!query.number.has_value()) return query.op == Operator::kNotEqual;
    return Compare(json.get<double>(), query.op, *query.number);
  }
  if (!json.is_string()) return false;
  const std::string& text = json.get_ref<const std::string&>();
  if (query.op == Operator::kLike) return Like(text, query.value);
  if (query.op == Operator::kNotLike) return !Like(text, query.value);
  return Compare(text, query.op, query.value);
}

class Evaluator {
 public:
  Found Run(const Path& path, Value value) {
    for (const Step& step : path.steps) {
      if (!Spend(1)) return std::nullopt;
      Found next = Apply(step, value);
      if (!next.has_value()) return std::nullopt;
      value = *std::move(next);
    }
    return value;
  }

  bool exhausted() const { return budget_ < 0; }

 private:
  // Values that may still be visited or copied: a path like [@this,@this]|[@this,@this]|... doubles
  // its result at every step.
  bool Spend(int64_t amount) {
    if (budget_ >= 0) budget_ -= amount;
    return budget_ >= 0;
  }
  bool SpendCopyOf(const Json& json) {
    if (!Spend(1)) return false;
    if (!json.is_structured()) return true;
    for (const auto& child : json) {
      if (!SpendCopyOf(child)) return false;
    }
    return true;
  }

  Found Apply(const Step& step, const Value& value) {
    switch (step.kind) {
      case Step::Kind::kKey:
        return ApplyKey(step, value);
      case Step::Kind::kHash:
        return ApplyHash(step, value);
      case Step::Kind::kFirst:
        return ApplyFirst(*step.query, value);
      case Step::Kind::kAll:
        return ApplyAll(step, value);
      case Step::Kind::kModifier:
        return ApplyModifier(step, value);
      case Step::Kind::kArray:
      case Step::Kind::kObject:
        return ApplySelectors(step, value);
      case Step::Kind::kLiteral:
        return Value{step.literal.get(), nullptr};
    }
    return std::nullopt;
  }

  Found ApplyKey(const Step& step, const Value& value) {
    const Json& json = *value.json;
    if (json.is_array()) {
      if (!step.index.has_value() || *step.index >= json.size()) return std::nullopt;
      return PartOf(value, json[*step.index]);
    }
    if (!json.is_object()) return std::nullopt;
    if (!step.wildcard) {
      const auto found = json.find(step.key);
      if (found == json.end()) return std::nullopt;
      return PartOf(value, *found);
    }
    for (auto member = json.begin(); member != json.end(); ++member) {
      if (Like(member.key(), step.key)) return PartOf(value, *member);
    }
    return std::nullopt;
  }

  Found ApplyHash(const Step& step, const Value& value) {
    const Json& json = *value.json;
    if (json.is_object()) {
      const auto found = json.find("#");
      if (found == json.end()) return std::nullopt;
      const Value member = PartOf(value, *found);
      return step.each == nullptr ? Found(member) : Run(*step.each, member);
    }
    if (!json.is_array()) return std::nullopt;
    if (step.each == nullptr) return Own(Json(json.size()));
    Json result = Json::array();
    for (const Json& element : json) {
      if (!AppendEach(step, PartOf(value, element), &result)) return std::nullopt;
    }
    return Own(std::move(result));
  }

  // Adds what `step.each` finds in `element` to `result`; false when the budget is used up.
  bool AppendEach(const Step& step, const Value& element, Json* result) {
    const Found found = step.each == nullptr ? Found(element) : Run(*step.each, element);
    if (found.has_value()) return Append(*found, result);
    return !exhausted();
  }
  bool Append(const Value& value, Json* result) {
    if (!SpendCopyOf(*value.json)) return false;
    result->push_back(*value.json);
    return true;
  }

  bool ElementMatches(const Query& query, const Value& element) {
    const bool structured = element.json->is_structured();
    if (query.path == nullptr) return Matches(query, structured ? Found() : Found(element));
    if (!structured) return false;
    return Matches(query, Run(*query.path, element));
  }

  Found ApplyFirst(const Query& query, const Value& value) {
    if (!value.json->is_array()) return std::nullopt;
    for (const Json& element : *value.json) {
      if (!Spend(1)) return std::nullopt;
      const Value part = PartOf(value, element);
      if (ElementMatches(query, part)) return part;
    }
    return std::nullopt;
  }

  Found ApplyAll(const Step& step, const Value& value) {
    if (!value.json->is_array()) return std::nullopt;
    Json result = Json::array();
    for (const Json& element : *value.json) {
      if (!Spend(1)) return std::nullopt;
      const Value part = PartOf(value, element);
      if (!ElementMatches(*step.query, part)) continue;
      if (!AppendEach(step, part, &result)) return std::nullopt;
    }
    return Own(std::move(result));
  }

  Found ApplyModifier(const Step& step, const Value& value) {
    const Json& json = *value.json;
    if (step.modifier == Modifier::kIdentity) return value;
    if (!SpendCopyOf(json)) return std::nullopt;
    switch (step.modifier) {
      case Modifier::kReverse:
        return Own(Reverse(json));
      case Modifier::kKeys:
        return Own(Keys(json));
      case Modifier::kValues:
        return Own(Values(json));
      case Modifier::kFlatten:
        return json.is_array() ? Own(Flatten(json, step.deep)) : value;
      default:
        return json.is_array() ? Own(Join(json)) : value;
    }
  }

  static Json Reverse(const Json& json) {
    if (json.is_array()) return Json(Json::array_t(json.rbegin(), json.rend()));
    if (!json.is_object()) return json;
    Json result = Json::object();
    for (auto member = json.rbegin(); member != json.rend(); ++member) {
      result[member.key()] = *member;
    }
    return result;
  }

  // One null for each element of an array, and for a value that has no parts.
  static Json Keys(const Json& json) {
    if (json.is_array()) return Json(Json::array_t(json.size(), nullptr));
    if (!json.is_object()) return Json::array({nullptr});
    Json result = Json::array();
    for (auto member = json.begin(); member != json.end(); ++member) {
      result.push_back(member.key());
    }
    return result;
  }

  static Json Values(const Json& json) {
    if (json.is_array()) return json;
    if (!json.is_object()) return Json(Json::array_t(1, json));
    return Json(Json::array_t(json.begin(), json.end()));
  }

  static Json Flatten(const Json& json, bool deep) {
    Json result = Json::array();
    for (const Json& element : json) {
      if (!element.is_array()) {
        result.push_back(element);
        continue;
      }
      for (const Json& inner : deep ? Flatten(element, deep) : element) result.push_back(inner);
    }
    return result;
  }

  // The members of all objects of an array; of members of one name the last counts.
  static Json Join(const Json& json) {
    Json result = Json::object();
    for (const Json& element : json) {
      if (element.is_object()) result.update(element);
    }
    return result;
  }

  Found ApplySelectors(const Step& step, const Value& value) {
    const bool array = step.kind == Step::Kind::kArray;
    Json result = array ? Json::array() : Json::object();
    for (const Selector& selector : step.selectors) {
      const Found found = Run(*selector.path, value);
      if (!found.has_value()) continue;
      if (!SpendCopyOf(*found->json)) return std::nullopt;
      if (array) {
        result.push_back(*found->json);
      } else {
        result[selector.name] = *found->json;
      }
    }
    return exhausted() ? std::nullopt : Found(Own(std::move(result)));
  }

  int64_t budget_ = 1 << 20;
};

}  // namespace
}  // namespace gjson_internal

absl::StatusOr<GjsonPath> GjsonPath::Parse(absl::string_view text) {
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<gjson_internal::Path> path,
                         gjson_internal::ParsePath(text));
  return GjsonPath(std::move(path));
}

std::optional<Json> GjsonPath::Evaluate(const Json& json) const {
  if (path_ == nullptr) return std::nullopt;
  gjson_internal::Evaluator evaluator;
  gjson_internal::Found found = evaluator.Run(*path_, gjson_internal::Value{&json, nullptr});
  if (!found.has_value() || evaluator.exhausted()) return std::nullopt;
  return *found->json;
}

}  // namespace qalam
