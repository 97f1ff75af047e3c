#include "trials/kinds/field.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "trials/kinds/quantity.h"

namespace qalam {

Field::Field(const Json* node, std::string path, Problems* problems)
    : node_(node != nullptr && node->is_null() ? nullptr : node),
      path_(std::move(path)),
      problems_(problems) {}

bool Field::HoldsPlaceholder() const {
  return node_ != nullptr && node_->is_string() &&
         absl::StrContains(node_->get_ref<const std::string&>(), "${trialParameters.");
}

bool Field::IsEmpty() const { return node_ == nullptr || (node_->is_array() && node_->empty()); }

Field Field::Get(absl::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  if (node_ == nullptr || !node_->is_object()) return Field(nullptr, std::move(path), problems_);
  const auto member = node_->find(std::string(key));
  return Field(member == node_->end() ? nullptr : &*member, std::move(path), problems_);
}

Field Field::Object(absl::string_view key) const {
  Field field = Get(key);
  if (field.present() && !field.node_->is_object()) {
    if (!field.HoldsPlaceholder()) {
      field.AddProblem(absl::StrCat("must be an object, not ", field.Found()));
    }
    field.node_ = nullptr;
  }
  return field;
}

std::vector<Field> Field::Objects(absl::string_view key) const {
  std::vector<Field> result;
  const Field list = Get(key);
  if (!list.present() || list.HoldsPlaceholder()) return result;
  if (!list.node_->is_array()) {
    list.AddProblem(absl::StrCat("must be a list, not ", list.Found()));
    return result;
  }
  for (size_t i = 0; i < list.node_->size(); ++i) {
    Field element(&(*list.node_)[i], absl::StrCat(list.path_, "[", i, "]"), problems_);
    if (!element.present() || !element.node_->is_object()) {
      if (!element.HoldsPlaceholder()) {
        element.AddProblem(absl::StrCat("must be an object, not ", element.Found()));
      }
      element.node_ = nullptr;
    }
    result.push_back(std::move(element));
  }
  return result;
}

std::vector<std::string> Field::Texts(absl::string_view key) const {
  std::vector<std::string> result;
  const Field list = Get(key);
  if (!list.present()) return result;
  if (!list.node_->is_array()) {
    list.AddProblem(absl::StrCat("must be a list of strings, not ", list.Found()));
    return result;
  }
  for (size_t i = 0; i < list.node_->size(); ++i) {
    const Json& element = (*list.node_)[i];
    if (element.is_string()) {
      result.push_back(element.get<std::string>());
      continue;
    }
    const Field field(&element, absl::StrCat(list.path_, "[", i, "]"), problems_);
    field.AddProblem(absl::StrCat("must be a string (put it in quotes), not ", field.Found()));
  }
  return result;
}

std::map<std::string, std::string> Field::TextMap(absl::string_view key) const {
  std::map<std::string, std::string> result;
  const Field map = Object(key);
  if (!map.present()) return result;
  for (auto member = map.node_->begin(); member != map.node_->end(); ++member) {
    result[member.key()] = map.Text(member.key());
  }
  return result;
}

std::string Field::Text(absl::string_view key) const {
  const Field field = Get(key);
  if (!field.present()) return "";
  if (field.node_->is_string()) return field.node_->get<std::string>();
  field.AddProblem(absl::StrCat("must be a string (put it in quotes), not ", field.Found()));
  return "";
}

std::string Field::RequiredText(absl::string_view key) const {
  const Field field = Get(key);
  std::string text = Text(key);
  const bool is_empty_text = field.present() && field.node_->is_string() && text.empty();
  if (!field.present() || is_empty_text) field.AddProblem("is required");
  return text;
}

std::optional<int64_t> Field::Integer(absl::string_view key, int64_t least) const {
  const Field field = Get(key);
  if (!field.present() || field.HoldsPlaceholder()) return std::nullopt;
  int64_t value = 0;
  bool read = field.node_->is_number_integer();
  if (read) value = field.node_->get<int64_t>();
  if (field.node_->is_string()) {
    read = absl::SimpleAtoi(field.node_->get_ref<const std::string&>(), &value);
  }
  if (!read || value < least) {
    field.AddProblem(
        absl::StrCat("must be a whole number, at least ", least, ", not ", field.Found()));
    return std::nullopt;
  }
  return value;
}

bool Field::Bool(absl::string_view key, bool otherwise) const {
  const Field field = Get(key);
  if (!field.present() || field.HoldsPlaceholder()) return otherwise;
  if (field.node_->is_boolean()) return field.node_->get<bool>();
  if (field.node_->is_string()) {
    const std::string& text = field.node_->get_ref<const std::string&>();
    if (text == "true" || text == "false") return text == "true";
  }
  field.AddProblem(absl::StrCat("must be true or false, not ", field.Found()));
  return otherwise;
}

std::optional<double> Field::Quantity(absl::string_view key) const {
  const Field field = Get(key);
  if (!field.present() || field.HoldsPlaceholder()) return std::nullopt;
  std::optional<double> value;
  if (field.node_->is_string()) value = ParseQuantity(field.node_->get_ref<const std::string&>());
  if (field.node_->is_number()) value = field.node_->get<double>();
  if (!value.has_value() || !(*value >= 0)) {
    field.AddProblem(absl::StrCat(
        "must be a quantity that is not negative, such as 2, \"500m\" or \"1Gi\", not ",
        field.Found()));
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> Field::Keys() const {
  std::vector<std::string> keys;
  if (node_ == nullptr || !node_->is_object()) return keys;
  for (auto member = node_->begin(); member != node_->end(); ++member) keys.push_back(member.key());
  return keys;
}

absl::Status Field::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ": ", what));
}

std::string Field::Found() const {
  if (node_ == nullptr) return "null";
  if (node_->is_object()) return "an object";
  if (node_->is_array()) return "a list";
  constexpr size_t kMaxShown = 60;
  const std::string text =
      node_->dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  return text.size() <= kMaxShown ? text : absl::StrCat(text.substr(0, kMaxShown), "...");
}

}  // namespace qalam
