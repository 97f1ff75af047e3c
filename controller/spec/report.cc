#include "controller/spec/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// Takes the next step of a path like "a.b[2]" off its front: "a", then "b", then "[2]".
absl::string_view TakeStep(absl::string_view* path) {
  if (absl::StartsWith(*path, ".")) path->remove_prefix(1);
  size_t end = path->find_first_of(".[", 1);
  if (absl::StartsWith(*path, "[")) {
    end = path->find(']');
    end = end == absl::string_view::npos ? path->size() : end + 1;
  }
  const absl::string_view step = path->substr(0, end);
  path->remove_prefix(step.size());
  return step;
}

// The field path that a message starts with: "" when it starts with something else.
absl::string_view LeadingPath(absl::string_view message) {
  const size_t colon = message.find(": ");
  if (colon == absl::string_view::npos || colon == 0) return "";
  const absl::string_view path = message.substr(0, colon);
  const bool is_path = std::all_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains(".[]_-/", c);
  });
  return is_path ? path : "";
}

}  // namespace

void Report::Add(Diagnostic diagnostic) {
  if (diagnostic.severity == Diagnostic::Severity::kError) ++errors_;
  if (diagnostics_.size() >= kMaxDiagnostics) {
    ++dropped_;
    return;
  }
  diagnostics_.push_back(std::move(diagnostic));
}

void Report::Add(std::vector<Diagnostic> diagnostics) {
  for (Diagnostic& diagnostic : diagnostics) Add(std::move(diagnostic));
}

std::vector<Diagnostic> Report::Take() {
  if (dropped_ > 0) {
    Diagnostic more = diagnostics_.back();
    const bool errors = errors_ > 0;
    more.severity = errors ? Diagnostic::Severity::kError : Diagnostic::Severity::kWarning;
    more.line = more.column = 0;
    more.path.clear();
    more.message = absl::StrCat("and ", dropped_, " more problems that are not listed");
    diagnostics_.push_back(std::move(more));
    dropped_ = 0;
  }
  return std::move(diagnostics_);
}

SpecField::SpecField(const YamlNode* node, std::string path, const std::string* file,
                     Report* report)
    : node_(node),
      path_(std::move(path)),
      file_(file),
      report_(report),
      place_(node == nullptr ? Place() : node->place) {}

SpecField SpecField::Child(const YamlNode* node, std::string path, Place key_place) const {
  SpecField child(node, std::move(path), file_, report_);
  const bool own_place = node != nullptr && node->kind == YamlNode::Kind::kScalar;
  if (!own_place && key_place.line != 0) child.place_ = key_place;
  return child;
}

SpecField SpecField::AtKey(Place key_place) const {
  SpecField field = *this;
  if (key_place.line != 0) field.place_ = key_place;
  return field;
}

SpecField SpecField::At(absl::string_view name) const {
  std::string path = path_.empty() ? std::string(name) : absl::StrCat(path_, ".", name);
  if (node_ != nullptr) {
    for (const YamlNode::Entry& entry : node_->entries) {
      if (entry.key == name) return Child(entry.value.get(), std::move(path), entry.key_place);
    }
  }
  return Child(nullptr, std::move(path), place_);
}

SpecField SpecField::Find(absl::string_view path) const {
  SpecField field = *this;
  while (!path.empty()) {
    const absl::string_view step = TakeStep(&path);
    if (step.empty()) break;
    size_t index = 0;
    if (step[0] != '[') {
      field = field.At(step);
    } else if (absl::SimpleAtoi(step.substr(1, step.size() - 2), &index) &&
               field.node_ != nullptr && index < field.node_->items.size()) {
      field = field.Item(index);
    } else {
      field = field.Child(nullptr, absl::StrCat(field.path_, step), field.place_);
    }
  }
  return field;
}

SpecField SpecField::Item(size_t i) const {
  return Child(node_->items[i].get(), absl::StrCat(path_, "[", i, "]"), Place());
}

std::vector<SpecField> SpecField::Items() const {
  std::vector<SpecField> items;
  if (node_ == nullptr) return items;
  items.reserve(node_->items.size());
  for (size_t i = 0; i < node_->items.size(); ++i) {
    items.push_back(Item(i));
  }
  return items;
}

std::vector<std::pair<std::string, SpecField>> SpecField::Entries() const {
  std::vector<std::pair<std::string, SpecField>> entries;
  if (node_ == nullptr) return entries;
  entries.reserve(node_->entries.size());
  for (const YamlNode::Entry& entry : node_->entries) {
    entries.emplace_back(
        entry.key,
        Child(entry.value.get(), path_.empty() ? entry.key : absl::StrCat(path_, ".", entry.key),
              entry.key_place));
  }
  return entries;
}

std::string SpecField::Text() const { return node_ == nullptr ? "" : node_->text; }

std::vector<std::string> SpecField::Texts() const {
  std::vector<std::string> texts;
  if (node_ == nullptr) return texts;
  for (const YamlPtr& item : node_->items) texts.push_back(item->text);
  return texts;
}

std::vector<std::pair<std::string, std::string>> SpecField::TextEntries() const {
  std::vector<std::pair<std::string, std::string>> texts;
  if (node_ == nullptr) return texts;
  for (const YamlNode::Entry& entry : node_->entries) {
    texts.emplace_back(entry.key, entry.value->text);
  }
  return texts;
}

std::optional<int64_t> SpecField::Integer() const {
  return present() ? ParseSpecInteger(*node_) : std::nullopt;
}

bool SpecField::Bool() const { return present() && ParseSpecBool(*node_).value_or(false); }

void SpecField::Error(absl::string_view message) const {
  report_->Add({Diagnostic::Severity::kError, *file_, place_.line, place_.column, path_,
                std::string(message)});
}

void SpecField::Warn(absl::string_view message) const {
  report_->Add({Diagnostic::Severity::kWarning, *file_, place_.line, place_.column, path_,
                std::string(message)});
}

void SpecField::Errors(const std::vector<absl::Status>& statuses) const {
  for (const absl::Status& status : statuses) {
    absl::string_view message = status.message();
    const absl::string_view path = LeadingPath(message);
    if (!path.empty()) message.remove_prefix(path.size() + 2);
    Find(path).Error(message);
  }
}

std::optional<int64_t> ParseSpecInteger(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return std::nullopt;
  const Json value = PlainScalarToJson(node.text);
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX})) {
    return std::nullopt;
  }
  return value.get<int64_t>();
}

std::optional<bool> ParseSpecBool(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return std::nullopt;
  const std::string text = absl::AsciiStrToLower(node.text);
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

}  // namespace qalam
