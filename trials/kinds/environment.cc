#include "trials/kinds/environment.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr absl::string_view kThreadVariables[] = {
    "OMP_NUM_THREADS",        "MKL_NUM_THREADS",     "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS"};

// The k of labels['k'], when `field_path` is that of `map`.
std::optional<std::string> Subscript(absl::string_view field_path, absl::string_view map) {
  const std::string opening = absl::StrCat("metadata.", map, "['");
  if (!absl::StartsWith(field_path, opening) || !absl::EndsWith(field_path, "']")) {
    return std::nullopt;
  }
  const size_t length = field_path.size() - opening.size() - 2;
  return std::string(field_path.substr(opening.size(), length));
}

// As Kubernetes: a label or annotation that is not there is empty.
std::string Entry(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto entry = map.find(key);
  return entry == map.end() ? "" : entry->second;
}

class EnvironmentBuilder {
 public:
  EnvironmentBuilder(const Container& container, const PodTemplate& pod,
                     const PodIdentity& identity, const JobContext& context,
                     const PathRewriter& rewriter)
      : container_(container),
        pod_(pod),
        identity_(identity),
        context_(context),
        rewriter_(rewriter) {}

  absl::StatusOr<Environment> Build() {
    for (const EnvFrom& from : container_.env_from) QALAM_RETURN_IF_ERROR(AddAll(from));
    for (const EnvVariable& variable : container_.env) QALAM_RETURN_IF_ERROR(Add(variable));
    return std::move(environment_);
  }

 private:
  absl::Status AddAll(const EnvFrom& from) {
    const auto object = FindCompanion(context_, from.secret, identity_.ns, from.object, from.path);
    if (!object.ok()) return from.optional ? absl::OkStatus() : object.status();
    for (const auto& [key, value] : **object) {
      SetVariable(from.prefix + key, rewriter_.Rewrite(value), &environment_);
    }
    return absl::OkStatus();
  }

  absl::Status Add(const EnvVariable& variable) {
    QALAM_ASSIGN_OR_RETURN(std::optional<std::string> value, ValueOf(variable.source));
    if (!value.has_value()) return absl::OkStatus();
    std::string text = rewriter_.Rewrite(*value);
    if (variable.source.kind == EnvSource::Kind::kText) {
      text = ExpandReferences(text, [&](absl::string_view name) -> std::optional<std::string> {
        const std::string* known = FindVariable(environment_, name);
        return known == nullptr ? std::nullopt : std::optional<std::string>(*known);
      });
    }
    SetVariable(variable.name, std::move(text), &environment_);
    return absl::OkStatus();
  }

  // Nothing for an optional key that is not there.
  absl::StatusOr<std::optional<std::string>> ValueOf(const EnvSource& source) const {
    switch (source.kind) {
      case EnvSource::Kind::kText:
        return std::optional<std::string>(source.text);
      case EnvSource::Kind::kField:
        return FieldValue(source);
      case EnvSource::Kind::kConfigMap:
      case EnvSource::Kind::kSecret:
        return KeyValue(source);
      case EnvSource::Kind::kResource:
        return ResourceValue(source);
    }
    return std::optional<std::string>();
  }

  absl::StatusOr<std::optional<std::string>> FieldValue(const EnvSource& source) const {
    const std::string& field = source.text;
    if (field == "metadata.name") return std::optional(identity_.name);
    if (field == "metadata.namespace") return std::optional(identity_.ns);
    if (field == "metadata.uid") return std::optional(identity_.uid);
    if (field == "spec.nodeName") {
      return std::optional<std::string>(context_.node_name.empty() ? "localhost"
                                                                   : context_.node_name);
    }
    if (field == "spec.serviceAccountName") return std::optional<std::string>("default");
    if (field == "status.podIP" || field == "status.podIPs" || field == "status.hostIP" ||
        field == "status.hostIPs") {
      return std::optional<std::string>("127.0.0.1");
    }
    if (const auto key = Subscript(field, "labels")) {
      return std::optional(Entry(identity_.labels, *key));
    }
    if (const auto key = Subscript(field, "annotations")) {
      return std::optional(Entry(identity_.annotations, *key));
    }
    return absl::InvalidArgumentError(
        absl::StrCat(source.path, ": \"", field,
                     "\" is unknown; there are metadata.name, metadata.namespace, metadata.uid, "
                     "metadata.labels['key'], metadata.annotations['key'], spec.nodeName, "
                     "spec.serviceAccountName, status.podIP and status.hostIP"));
  }

  absl::StatusOr<std::optional<std::string>> KeyValue(const EnvSource& source) const {
    const bool secret = source.kind == EnvSource::Kind::kSecret;
    const auto object = FindCompanion(context_, secret, identity_.ns, source.text, source.path);
    if (!object.ok()) {
      if (source.optional) return std::optional<std::string>();
      return object.status();
    }
    const auto entry = (*object)->find(source.key);
    if (entry != (*object)->end()) return std::optional(entry->second);
    if (source.optional) return std::optional<std::string>();
    return absl::NotFoundError(absl::StrCat(source.path, ": ", secret ? "Secret" : "ConfigMap",
                                            " \"", source.text, "\" has no key \"", source.key,
                                            "\"; add it, or set optional: true"));
  }

  absl::StatusOr<std::optional<std::string>> ResourceValue(const EnvSource& source) const {
    const Container* container =
        source.container.empty() ? &container_ : pod_.Find(source.container);
    if (container == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          source.path, ".containerName: there is no container called \"", source.container, "\""));
    }
    const ContainerResources& resources = container->resources;
    const std::optional<double>& amount = source.text == "requests.cpu" ? resources.cpu_request
                                          : source.text == "limits.cpu" ? resources.cpu_limit
                                          : source.text == "limits.memory"
                                              ? resources.memory_limit
                                              : resources.memory_request;
    if (!amount.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(source.path, ": container \"", container->name,
                                                     "\" states no resources.", source.text));
    }
    // 0.3 / 0.001 must not become 301.
    const double units = std::min(*amount / source.divisor, 9e18);
    return std::optional(absl::StrCat(static_cast<int64_t>(std::ceil(units - 1e-9 * units))));
  }

  const Container& container_;
  const PodTemplate& pod_;
  const PodIdentity& identity_;
  const JobContext& context_;
  const PathRewriter& rewriter_;
  Environment environment_;
};

}  // namespace

const std::string* FindVariable(const Environment& environment, absl::string_view name) {
  for (const auto& [key, value] : environment) {
    if (key == name) return &value;
  }
  return nullptr;
}

void SetVariable(const std::string& name, std::string value, Environment* environment) {
  for (auto& [key, old] : *environment) {
    if (key != name) continue;
    old = std::move(value);
    return;
  }
  environment->emplace_back(name, std::move(value));
}

std::string ExpandReferences(
    absl::string_view text,
    const std::function<std::optional<std::string>(absl::string_view)>& value_of) {
  std::string result;
  size_t i = 0;
  while (i < text.size()) {
    const size_t dollar = text.find('$', i);
    absl::StrAppend(&result, text.substr(i, dollar - i));
    if (dollar == absl::string_view::npos) break;
    const absl::string_view rest = text.substr(dollar);
    const size_t close = absl::StartsWith(rest, "$(") ? rest.find(')') : absl::string_view::npos;
    if (absl::StartsWith(rest, "$$")) {
      result += '$';
      i = dollar + 2;
    } else if (close != absl::string_view::npos) {
      const absl::string_view reference = rest.substr(0, close + 1);
      const std::optional<std::string> value = value_of(rest.substr(2, close - 2));
      absl::StrAppend(&result, value.has_value() ? absl::string_view(*value) : reference);
      i = dollar + close + 1;
    } else {
      result += '$';
      i = dollar + 1;
    }
  }
  return result;
}

absl::StatusOr<const std::map<std::string, std::string>*> FindCompanion(const JobContext& context,
                                                                        bool secret,
                                                                        const std::string& ns,
                                                                        const std::string& name,
                                                                        const std::string& path) {
  if (context.companions != nullptr) {
    const auto& objects = secret ? context.companions->secrets : context.companions->config_maps;
    const auto object = objects.find(absl::StrCat(ns, "/", name));
    if (object != objects.end()) return &object->second;
  }
  const char* kind = secret ? "Secret" : "ConfigMap";
  return absl::NotFoundError(
      absl::StrCat(path, ": there is no ", kind, " \"", name, "\" in namespace \"", ns,
                   "\"; put it into the experiment's file, or give its own file along with it"));
}

absl::StatusOr<Environment> BuildEnvironment(const Container& container, const PodTemplate& pod,
                                             const PodIdentity& identity, const JobContext& context,
                                             const PathRewriter& rewriter) {
  return EnvironmentBuilder(container, pod, identity, context, rewriter).Build();
}

void AddDefaults(const Container& container, const JobContext& context, bool inherits,
                 Environment* environment) {
  const auto set_default = [&](absl::string_view name, std::string value) {
    if (FindVariable(*environment, name) != nullptr) return;
    const auto own = context.environment.find(std::string(name));
    if (own == context.environment.end()) {
      environment->emplace_back(std::string(name), std::move(value));
    } else if (!inherits) {
      environment->emplace_back(std::string(name), own->second);
    }
  };
  int64_t threads = std::max(1, context.default_threads);
  if (container.resources.cpu_request.has_value()) {
    const double cpus = std::min(*container.resources.cpu_request, 1e6);
    threads = std::max<int64_t>(1, static_cast<int64_t>(std::floor(cpus)));
  }
  for (absl::string_view name : kThreadVariables) set_default(name, absl::StrCat(threads));
  set_default("PYTHONUNBUFFERED", "1");
}

}  // namespace qalam
