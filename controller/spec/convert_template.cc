// spec.trialTemplate: the manifest, wherever it comes from, and its placeholders.
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"

namespace qalam {
namespace {

constexpr absl::string_view kOpening = "${trialParameters.";

// ---- Where the manifest comes from.

SpecField ReadConfigMapTemplate(const SpecField& config_map, CompanionSet* companions) {
  bool complete = true;
  for (const char* name : {"configMapName", "configMapNamespace", "templatePath"}) {
    if (!config_map.At(name).Text().empty()) continue;
    config_map.At(name).Error(
        "is missing; a configMap needs configMapName, configMapNamespace and "
        "templatePath");
    complete = false;
  }
  if (!complete) return config_map.Absent();
  return companions->ReadTemplate(config_map.At("configMapNamespace").Text(),
                                  config_map.At("configMapName").Text(),
                                  config_map.At("templatePath").Text(), config_map);
}

// The template's manifest, wherever it stands; an absent field when there is none.
SpecField FindManifest(const SpecField& trial_template, CompanionSet* companions) {
  SpecField trial_spec = trial_template.At("trialSpec");
  SpecField config_map = trial_template.At("configMap");
  if (trial_spec.present() && config_map.present()) {
    config_map.Error("trialSpec and configMap are both given; keep one of them");
  }
  if (trial_spec.present()) {
    if (trial_spec.node()->kind == YamlNode::Kind::kMap) return trial_spec;
    trial_spec.Error(
        absl::StrCat("expected the manifest of a job, found ", KindName(*trial_spec.node())));
    return trial_spec.Absent();
  }
  if (!config_map.present()) {
    trial_template.Error("has no job; give trialSpec (or configMap)");
    return config_map;
  }
  SpecField manifest = ReadConfigMapTemplate(config_map, companions);
  if (!manifest.present() || manifest.node()->kind == YamlNode::Kind::kMap) return manifest;
  manifest.Error(
      absl::StrCat("expected the manifest of a job, found ", KindName(*manifest.node())));
  return manifest.Absent();
}

// ---- The manifest itself.

std::string SupportedKinds() {
  std::vector<std::string> names;
  for (const JobKind& kind : JobKinds()) {
    names.push_back(absl::StrCat(kind.kind, " (", kind.api_version, ")"));
  }
  return absl::StrJoin(names, ", ");
}

const JobKind* ReadKind(const SpecField& manifest) {
  const SpecField api_version = manifest.At("apiVersion");
  const SpecField kind = manifest.At("kind");
  if (api_version.Text().empty()) api_version.Error("is missing; for a Job it is batch/v1");
  if (kind.Text().empty()) kind.Error("is missing; for example Job");
  if (api_version.Text().empty() || kind.Text().empty()) return nullptr;
  const JobKind* found = FindJobKind(api_version.Text(), kind.Text());
  if (found == nullptr) {
    kind.Error(absl::StrCat("jobs of kind ", Quote(kind.Text()), " with apiVersion ",
                            Quote(api_version.Text()),
                            " cannot be run. Supported: ", SupportedKinds()));
  }
  return found;
}

void CheckMetadata(const SpecField& manifest) {
  for (const char* name : {"name", "namespace"}) {
    const SpecField field = manifest.At("metadata").At(name);
    if (!field.present()) continue;
    field.Error(absl::StrCat("metadata.", name,
                             " is not allowed in a trial template: each trial gets "
                             "its own; remove it"));
  }
}

void CheckManifest(const SpecField& manifest, const JobKind& kind, const std::string& container,
                   bool strict) {
  manifest.Errors(kind.validate(YamlToJson(*manifest.node()), container));
  if (kind.kind == "Job") CheckJobFields(manifest, strict);
}

// ---- Placeholders.

// Finds the first place at which each placeholder is used; reports those without an end.
class PlaceholderFinder {
 public:
  // More than any job has; bounds the work that a hostile text makes.
  static constexpr int kMaxUses = 10'000;

  std::map<std::string, SpecField> Find(const SpecField& manifest) {
    Visit(manifest);
    return std::move(found_);
  }

 private:
  void Visit(const SpecField& field) {
    if (field.node() == nullptr || uses_ > kMaxUses) return;
    Look(field.Text(), field);
    for (const SpecField& item : field.Items()) Visit(item);
    const std::vector<YamlNode::Entry>& entries = field.node()->entries;
    const auto children = field.Entries();
    for (size_t i = 0; i < entries.size(); ++i) {
      Look(entries[i].key, children[i].second.AtKey(entries[i].key_place));
      Visit(children[i].second);
    }
  }

  void Look(const std::string& text, const SpecField& where) {
    size_t last = std::string::npos;
    for (size_t at = 0; uses_ <= kMaxUses; at = last + kOpening.size()) {
      at = text.find(kOpening.data(), at, kOpening.size());
      if (at == std::string::npos) break;
      last = at;
      ++uses_;
    }
    if (last == std::string::npos) return;
    if (uses_ > kMaxUses) {
      return where.Error(absl::StrCat("the template uses more than ", kMaxUses, " placeholders"));
    }
    for (const std::string& name : PlaceholderNames(Json(text))) found_.emplace(name, where);
    if (text.find('}', last) == std::string::npos) {
      where.Error(
          absl::StrCat("the placeholder ", Quote(text.substr(last)), " has no closing brace"));
    }
  }

  std::map<std::string, SpecField> found_;
  int uses_ = 0;
};

bool IsMetaReference(absl::string_view reference) {
  return absl::StartsWith(reference, "${trialSpec.");
}

void CheckMetaReference(const SpecField& field) {
  const std::string text = field.Text();
  const absl::string_view inner =
      absl::string_view(text).substr(12, text.size() - 12 - (absl::EndsWith(text, "}") ? 1 : 0));
  const bool plain =
      inner == "Name" || inner == "Namespace" || inner == "Kind" || inner == "APIVersion";
  const bool keyed =
      (absl::StartsWith(inner, "Labels[") || absl::StartsWith(inner, "Annotations[")) &&
      absl::EndsWith(inner, "]") && !absl::EndsWith(inner, "[]");
  if (absl::EndsWith(text, "}") && (plain || keyed)) return;
  field.Error(absl::StrCat(Quote(text),
                           " is not known; after \"${trialSpec.\" may stand Name}, "
                           "Namespace}, Kind}, APIVersion}, Labels[key]} or Annotations[key]}"));
}

void ReportReference(const SpecField& reference, const std::vector<std::string>& names) {
  reference.Error(absl::StrCat(Quote(reference.Text()), " is no parameter of this experiment.",
                               DidYouMean(reference.Text(), names), " There are: ", Listed(names)));
}

bool IsPlaceholderName(const std::string& name) {
  return !name.empty() && name.find_first_of("{}") == std::string::npos;
}

class TrialParameterReader {
 public:
  TrialParameterReader(const SpecField& list, const std::vector<std::string>& parameters)
      : list_(list),
        parameters_(parameters),
        known_(parameters.begin(), parameters.end()),
        unused_(known_) {}

  std::vector<TrialParameter> Read() {
    if (list_.Items().empty()) {
      list_.Error("is missing; without it no parameter reaches the trial");
      return {};
    }
    std::vector<TrialParameter> result;
    for (const SpecField& item : list_.Items()) {
      if (item.node()->kind == YamlNode::Kind::kMap) result.push_back(ReadEntry(item));
    }
    for (const std::string& name : unused_) {
      list_.Error(absl::StrCat("the parameter ", Quote(name),
                               " reaches no trial: no entry has it as its reference"));
    }
    return result;
  }

 private:
  TrialParameter ReadEntry(const SpecField& item) {
    const SpecField name = item.At("name");
    const SpecField reference = item.At("reference");
    if (name.Text().empty()) {
      name.Error("is missing; it is the NAME of the placeholder ${trialParameters.NAME}");
    } else if (!IsPlaceholderName(name.Text())) {
      name.Error(absl::StrCat(Quote(name.Text()), " is not allowed: a name has no braces"));
    } else if (!names_.insert(name.Text()).second) {
      name.Error(absl::StrCat("the name ", Quote(name.Text()), " is used twice"));
    }
    if (reference.Text().empty()) {
      reference.Error("is missing; give the name of the parameter whose value is put in");
    } else if (!references_.insert(reference.Text()).second) {
      reference.Error(absl::StrCat("the reference ", Quote(reference.Text()),
                                   " is used twice; one placeholder may stand in several places"));
    } else if (IsMetaReference(reference.Text())) {
      CheckMetaReference(reference);
    } else if (known_.count(reference.Text()) > 0) {
      unused_.erase(reference.Text());
    } else if (!known_.empty()) {
      ReportReference(reference, parameters_);
    }
    return {name.Text(), item.At("description").Text(), reference.Text()};
  }

  const SpecField& list_;
  const std::vector<std::string>& parameters_;
  const std::set<std::string> known_;
  std::set<std::string> unused_;
  std::set<std::string> names_;
  std::set<std::string> references_;
};

// Every placeholder has an entry, and every entry a placeholder.
void MatchPlaceholders(const SpecField& list, const SpecField& manifest) {
  const std::map<std::string, SpecField> placeholders = PlaceholderFinder().Find(manifest);
  std::vector<std::string> used;
  used.reserve(placeholders.size());
  for (const auto& [name, where] : placeholders) used.push_back(name);
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const SpecField& item : list.Items()) {
    const std::string name = item.At("name").Text();
    // What is repeated or no name was reported with the list.
    if (!IsPlaceholderName(name) || !known.insert(name).second) continue;
    names.push_back(name);
    if (placeholders.count(name) > 0) continue;
    item.At("name").Error(absl::StrCat("the template has no placeholder \"", kOpening, name, "}\".",
                                       DidYouMean(name, used)));
  }
  for (const auto& [name, where] : placeholders) {
    if (known.count(name) > 0) continue;
    where.Error(absl::StrCat("the placeholder \"", kOpening, name,
                             "}\" has no entry in trialParameters.", DidYouMean(name, names)));
  }
}

// A condition as given, or the kind's own. Without a known kind, only a given one is looked at.
std::string ReadCondition(const SpecField& field, const JobKind* kind,
                          std::string JobKind::*by_kind) {
  std::string text = !field.Text().empty() ? field.Text() : kind != nullptr ? kind->*by_kind : "";
  if (text.empty()) {
    if (kind == nullptr) return text;
    field.Error("is missing; give a GJSON path that matches the job's object when that happened");
    return text;
  }
  if (const absl::Status status = ValidateCondition(text); !status.ok()) {
    field.Error(status.message());
  }
  return text;
}

}  // namespace

TrialTemplate ReadTrialTemplate(const SpecField& field, const std::vector<std::string>& parameters,
                                CompanionSet* companions, bool strict) {
  TrialTemplate result;
  if (!field.present()) {
    field.Error("is missing; it says what a trial runs");
    return result;
  }
  result.retain = field.At("retain").Bool();
  const SpecField container = field.At("primaryContainerName");
  result.primary_container = container.Text();
  if (result.primary_container.empty()) {
    container.Error("is missing; name the container that reports the metrics");
  }
  const SpecField list = field.At("trialParameters");
  result.parameters = TrialParameterReader(list, parameters).Read();
  const SpecField manifest = FindManifest(field, companions);
  if (!manifest.present()) return result;
  MatchPlaceholders(list, manifest);
  result.manifest = std::make_shared<const Json>(YamlToJson(*manifest.node()));
  for (const auto& [name, value] : field.At("primaryPodLabels").TextEntries()) {
    result.primary_pod_labels[name] = value;
  }
  CheckMetadata(manifest);
  const JobKind* kind = ReadKind(manifest);
  result.success_condition =
      ReadCondition(field.At("successCondition"), kind, &JobKind::default_success_condition);
  result.failure_condition =
      ReadCondition(field.At("failureCondition"), kind, &JobKind::default_failure_condition);
  if (kind == nullptr) return result;
  CheckManifest(manifest, *kind, result.primary_container, strict);
  if (!field.At("primaryPodLabels").present()) {
    result.primary_pod_labels = kind->default_primary_pod_labels;
  }
  return result;
}

}  // namespace qalam
