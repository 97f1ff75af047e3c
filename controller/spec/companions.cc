#include "controller/spec/companions.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"
#include "controller/spec/yaml_reader.h"

namespace qalam {
namespace {

// The texts of `document`'s map `name`; reports what is not a text.
std::vector<std::pair<std::string, SpecField>> TextsOf(const SpecField& document,
                                                       absl::string_view name) {
  const SpecField map = document.At(name);
  std::vector<std::pair<std::string, SpecField>> texts;
  if (map.present() && map.node()->kind != YamlNode::Kind::kMap) {
    map.Error("expected a map of texts");
  }
  for (const auto& [key, field] : map.Entries()) {
    // "key:" with nothing behind is an empty text.
    if (!field.present() || field.node()->kind == YamlNode::Kind::kScalar) {
      texts.emplace_back(key, field);
    } else {
      field.Error(absl::StrCat("expected a text, found ", KindName(*field.node()),
                               "; a value that is YAML itself is written as a block: \"key: |\""));
    }
  }
  return texts;
}

std::optional<std::string> Decode(const SpecField& field) {
  std::string compact;
  for (const char c : field.Text()) {
    if (!absl::ascii_isspace(c)) compact += c;
  }
  std::string decoded;
  if (absl::Base64Unescape(compact, &decoded)) return decoded;
  field.Error("is not base64; put plain text under stringData (Secret) or data (ConfigMap)");
  return std::nullopt;
}

}  // namespace

CompanionSet::CompanionSet(std::string default_namespace)
    : default_namespace_(std::move(default_namespace)),
      json_(std::make_shared<Json>(Json::array())) {}

bool CompanionSet::IsCompanion(absl::string_view kind) {
  return kind == "ConfigMap" || kind == "Secret";
}

void CompanionSet::Add(const SpecField& document, absl::string_view file_text) {
  const SpecField name = document.At("metadata").At("name");
  if (name.Text().empty()) return name.Error("is missing");
  std::string ns = document.At("metadata").At("namespace").Text();
  if (ns.empty()) ns = default_namespace_;
  const std::string key = absl::StrCat(ns, "/", name.Text());
  const std::string kind = document.At("kind").Text();
  const bool is_secret = kind == "Secret";
  auto& objects = is_secret ? objects_.secrets : objects_.config_maps;
  if (!objects.try_emplace(key).second) {
    return name.Error(absl::StrCat("there is another ", kind, " named ", Quote(name.Text()),
                                   " in the namespace ", Quote(ns)));
  }
  if (is_secret) {
    AddSecret(document, key);
  } else {
    AddConfigMap(document, key, file_text);
  }
  Json object = YamlToJson(*document.node());
  object["metadata"]["namespace"] = ns;
  json_->push_back(std::move(object));
}

void CompanionSet::AddConfigMap(const SpecField& document, const std::string& key,
                                absl::string_view file_text) {
  std::map<std::string, std::string>& data = objects_.config_maps[key];
  for (const auto& [name, field] : TextsOf(document, "data")) {
    data[name] = field.Text();
    values_[{key, name}] = {field.node(), &field.file(), file_text};
  }
  for (const auto& [name, field] : TextsOf(document, "binaryData")) {
    if (std::optional<std::string> decoded = Decode(field)) data[name] = *std::move(decoded);
  }
}

void CompanionSet::AddSecret(const SpecField& document, const std::string& key) {
  std::map<std::string, std::string>& data = objects_.secrets[key];
  for (const auto& [name, field] : TextsOf(document, "data")) {
    if (std::optional<std::string> decoded = Decode(field)) data[name] = *std::move(decoded);
  }
  for (const auto& [name, field] : TextsOf(document, "stringData")) data[name] = field.Text();
}

CompanionSet::Template CompanionSet::Parse(const Value& value, const SpecField& asked_by,
                                           absl::string_view key) const {
  std::vector<Diagnostic> problems;
  const YamlOrigin origin = YamlOrigin::OfScalar(*value.file, value.file_text, *value.node);
  std::vector<YamlPtr> documents = ReadYaml(value.node->text, origin, &problems);
  for (Diagnostic& problem : problems) {
    problem.path = absl::StrCat("data[", key, "]");
    asked_by.report()->Add(std::move(problem));
  }
  if (documents.size() == 1) return {documents[0], value.file};
  if (problems.empty()) {
    asked_by.Error(absl::StrCat("the value ", Quote(key), " holds ", documents.size(),
                                " YAML documents; it must hold one: the manifest of a job"));
  }
  return {nullptr, value.file};
}

SpecField CompanionSet::ReadTemplate(absl::string_view ns, absl::string_view name,
                                     absl::string_view key, const SpecField& asked_by) {
  const std::string object = absl::StrCat(ns, "/", name);
  SpecField absent(nullptr, "", &asked_by.file(), asked_by.report());
  const auto config_map = objects_.config_maps.find(object);
  if (config_map == objects_.config_maps.end()) {
    std::vector<std::string> names;
    for (const auto& [other, data] : objects_.config_maps) names.push_back(other);
    asked_by.Error(absl::StrCat(
        "the ConfigMap ", Quote(object), " did not come with the experiment.",
        DidYouMean(object, names),
        " Put it in the same file after a line \"---\", or name its file on the command line"));
    return absent;
  }
  const auto value = values_.find({object, std::string(key)});
  if (value == values_.end() || value->second.node->kind != YamlNode::Kind::kScalar) {
    std::vector<std::string> keys;
    for (const auto& [other, text] : config_map->second) keys.push_back(other);
    asked_by.At("templatePath")
        .Error(absl::StrCat("the ConfigMap ", Quote(object), " has no text ", Quote(key), ".",
                            DidYouMean(key, keys)));
    return absent;
  }
  const auto [cached, is_new] = templates_.try_emplace(value->first);
  if (is_new) cached->second = Parse(value->second, asked_by, key);
  const Template& found = cached->second;
  if (found.document == nullptr) {
    if (!is_new) asked_by.Error("the template cannot be read, see the errors in the ConfigMap");
    return absent;
  }
  return SpecField(found.document.get(), absl::StrCat("data[", key, "]"), found.file,
                   asked_by.report());
}

std::shared_ptr<const Json> CompanionSet::ToJson() const { return json_; }

}  // namespace qalam
