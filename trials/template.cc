// RenderManifest, PlaceholderNames and TextMember of manifest.h.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status_macros.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

constexpr absl::string_view kOpening = "${trialParameters.";
constexpr absl::string_view kMetaOpening = "${trialSpec.";

std::string ReferenceError(const TrialParameter& parameter, absl::string_view what) {
  return absl::StrCat("trialTemplate.trialParameters: the reference \"", parameter.reference,
                      "\" of \"", parameter.name, "\" ", what);
}

// Labels or annotations of the template's metadata, overlaid with the trial's own.
absl::StatusOr<std::string> MetadataEntry(const TrialParameter& parameter, const Json& manifest,
                                          const char* field, const std::string& key,
                                          const std::map<std::string, std::string>& own) {
  const auto found = own.find(key);
  if (found != own.end()) return found->second;
  const auto metadata = manifest.find("metadata");
  if (metadata != manifest.end() && metadata->is_object()) {
    const auto entries = metadata->find(field);
    if (entries != metadata->end() && entries->is_object()) {
      const auto entry = entries->find(key);
      if (entry != entries->end() && entry->is_string()) return entry->get<std::string>();
    }
  }
  return absl::InvalidArgumentError(ReferenceError(
      parameter,
      absl::StrCat("has no value: the template's metadata.", field, " has no \"", key, "\"")));
}

// The value of ${trialSpec.<field>}.
absl::StatusOr<std::string> MetaValue(const TrialParameter& parameter, absl::string_view field,
                                      const Json& manifest, const TrialIdentity& identity) {
  if (field == "Name") return identity.name;
  if (field == "Namespace") return identity.ns;
  if (field == "Kind") return TextMember(manifest, "kind");
  if (field == "APIVersion") return TextMember(manifest, "apiVersion");
  const size_t open = field.find('[');
  if (open != absl::string_view::npos && absl::EndsWith(field, "]")) {
    const std::string key(field.substr(open + 1, field.size() - open - 2));
    const absl::string_view map = field.substr(0, open);
    if (map == "Labels") {
      return MetadataEntry(parameter, manifest, "labels", key, identity.labels);
    }
    if (map == "Annotations") {
      return MetadataEntry(parameter, manifest, "annotations", key, identity.annotations);
    }
  }
  return absl::InvalidArgumentError(ReferenceError(
      parameter,
      "is unknown; ${trialSpec.X} has Name, Namespace, Kind, APIVersion, Labels[key] "
      "and Annotations[key]"));
}

// Placeholders' names with what replaces them. Few, so they are searched one by one.
class Values {
 public:
  static absl::StatusOr<Values> Create(const TrialTemplate& trial_template,
                                       const NamedValues& assignment,
                                       const TrialIdentity& identity) {
    Values values;
    std::vector<bool> used(assignment.size(), false);
    for (const TrialParameter& parameter : trial_template.parameters) {
      if (absl::StartsWith(parameter.reference, kMetaOpening) &&
          absl::EndsWith(parameter.reference, "}")) {
        const absl::string_view field =
            absl::string_view(parameter.reference)
                .substr(kMetaOpening.size(), parameter.reference.size() - kMetaOpening.size() - 1);
        QALAM_ASSIGN_OR_RETURN(std::string value,
                               MetaValue(parameter, field, *trial_template.manifest, identity));
        values.entries_.emplace_back(parameter.name, std::move(value));
        continue;
      }
      const auto found = std::find_if(assignment.begin(), assignment.end(), [&](const auto& entry) {
        return entry.first == parameter.reference;
      });
      if (found == assignment.end() && trial_template.conditional.contains(parameter.reference)) {
        values.entries_.emplace_back(parameter.name, "");
        continue;
      }
      if (found == assignment.end()) {
        return absl::InvalidArgumentError(
            ReferenceError(parameter, "has no value: no parameter of that name was assigned"));
      }
      used[found - assignment.begin()] = true;
      values.entries_.emplace_back(parameter.name, found->second);
    }
    QALAM_RETURN_IF_ERROR(CheckAllUsed(assignment, used));
    return values;
  }

  // Null when there is none of that name.
  const std::string* Find(absl::string_view name) const {
    for (const auto& [key, value] : entries_) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  absl::Status UnknownName(absl::string_view name) const {
    const auto append_name = [](std::string* out, const auto& entry) { *out += entry.first; };
    return absl::InvalidArgumentError(
        absl::StrCat("trialTemplate: the placeholder \"", kOpening, name,
                     "}\" names no entry of trialParameters; there are: ",
                     entries_.empty() ? "none" : absl::StrJoin(entries_, ", ", append_name)));
  }

 private:
  static absl::Status CheckAllUsed(const NamedValues& assignment, const std::vector<bool>& used) {
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("trialTemplate.trialParameters: no entry refers to parameter \"",
                       assignment[i].first, "\"; every parameter must be used by the template"));
    }
    return absl::OkStatus();
  }

  std::vector<std::pair<std::string, std::string>> entries_;
};

// Replaces every placeholder of `text` in one pass: what is put in is not looked at again.
absl::Status Substitute(const Values& values, std::string* text) {
  size_t begin = text->find(kOpening.data(), 0, kOpening.size());
  if (begin == std::string::npos) return absl::OkStatus();
  std::string result;
  size_t copied = 0;
  while (begin != std::string::npos) {
    const size_t name_begin = begin + kOpening.size();
    const size_t end = text->find('}', name_begin);
    if (end == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("trialTemplate: the placeholder that begins with \"",
                       text->substr(begin, 40), "\" has no closing brace"));
    }
    const absl::string_view name(text->data() + name_begin, end - name_begin);
    const std::string* value = values.Find(name);
    if (value == nullptr) return values.UnknownName(name);
    result.append(*text, copied, begin - copied);
    result += *value;
    copied = end + 1;
    begin = text->find(kOpening.data(), copied, kOpening.size());
  }
  result.append(*text, copied);
  *text = std::move(result);
  return absl::OkStatus();
}

absl::Status Render(const Values& values, Json* node);

absl::Status RenderObject(const Values& values, Json* node) {
  bool keys_change = false;
  for (auto member = node->begin(); member != node->end(); ++member) {
    keys_change |= absl::StrContains(member.key(), kOpening);
    QALAM_RETURN_IF_ERROR(Render(values, &*member));
  }
  if (!keys_change) return absl::OkStatus();
  Json renamed = Json::object();
  for (auto member = node->begin(); member != node->end(); ++member) {
    std::string key = member.key();
    QALAM_RETURN_IF_ERROR(Substitute(values, &key));
    if (renamed.contains(key)) {
      return absl::InvalidArgumentError(absl::StrCat("trialTemplate: the key \"", member.key(),
                                                     "\" becomes \"", key,
                                                     "\", which the same object has already"));
    }
    renamed[key] = std::move(*member);
  }
  *node = std::move(renamed);
  return absl::OkStatus();
}

absl::Status Render(const Values& values, Json* node) {
  if (node->is_string()) return Substitute(values, node->get_ptr<std::string*>());
  if (node->is_object()) return RenderObject(values, node);
  if (!node->is_array()) return absl::OkStatus();
  for (Json& element : *node) QALAM_RETURN_IF_ERROR(Render(values, &element));
  return absl::OkStatus();
}

void AddEntries(const std::map<std::string, std::string>& entries, const char* field,
                Json* metadata) {
  if (entries.empty()) return;
  Json& target = (*metadata)[field];
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : entries) target[key] = value;
}

void CollectFromText(absl::string_view text, std::vector<std::string>* names) {
  for (size_t begin = text.find(kOpening); begin != absl::string_view::npos;
       begin = text.find(kOpening, begin + 1)) {
    const size_t name_begin = begin + kOpening.size();
    const size_t end = text.find('}', name_begin);
    if (end == absl::string_view::npos) return;
    std::string name(text.substr(name_begin, end - name_begin));
    if (std::find(names->begin(), names->end(), name) == names->end()) {
      names->push_back(std::move(name));
    }
    begin = end;
  }
}

void CollectNames(const Json& node, std::vector<std::string>* names) {
  if (node.is_string()) CollectFromText(node.get_ref<const std::string&>(), names);
  if (!node.is_structured()) return;
  for (auto child = node.begin(); child != node.end(); ++child) {
    if (node.is_object()) CollectFromText(child.key(), names);
    CollectNames(*child, names);
  }
}

}  // namespace

std::string TextMember(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

absl::StatusOr<Json> RenderManifest(const TrialTemplate& trial_template, const NamedValues& values,
                                    const TrialIdentity& identity) {
  if (trial_template.manifest == nullptr || !trial_template.manifest->is_object()) {
    return absl::InvalidArgumentError("trialTemplate: the manifest must be an object");
  }
  QALAM_ASSIGN_OR_RETURN(const Values replacements,
                         Values::Create(trial_template, values, identity));
  Json manifest = *trial_template.manifest;
  QALAM_RETURN_IF_ERROR(Render(replacements, &manifest));
  Json& metadata = manifest["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  metadata["name"] = identity.name;
  metadata["namespace"] = identity.ns;
  AddEntries(identity.labels, "labels", &metadata);
  AddEntries(identity.annotations, "annotations", &metadata);
  return manifest;
}

std::vector<std::string> PlaceholderNames(const Json& manifest) {
  std::vector<std::string> names;
  CollectNames(manifest, &names);
  return names;
}

}  // namespace qalam
