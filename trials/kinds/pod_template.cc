#include "trials/kinds/pod_template.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/text.h"

namespace qalam {
namespace {

constexpr char kWaysOutOfValueFrom[] =
    "must have one of fieldRef, configMapKeyRef, secretKeyRef and resourceFieldRef";

bool HasPlaceholder(absl::string_view text) {
  return absl::StrContains(text, "${trialParameters.");
}

// True for a relative path that stays below where it starts.
bool StaysBelow(absl::string_view path) {
  if (path.empty() || path[0] == '/' || path.find('\0') != absl::string_view::npos) return false;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (part == "..") return false;
  }
  return true;
}

// True for a name that may be a folder's.
bool IsPlainName(absl::string_view name) {
  return StaysBelow(name) && !absl::StrContains(name, "/") && name != ".";
}

std::string ReadPlainName(const Field& field, absl::string_view key) {
  std::string name = field.RequiredText(key);
  if (!name.empty() && !IsPlainName(name)) {
    field.Get(key).AddProblem(absl::StrCat("\"", name, "\" is not a name"));
  }
  return name;
}

std::string ReadRelativePath(const Field& field, absl::string_view key) {
  std::string path = field.Text(key);
  if (!path.empty() && !StaysBelow(path)) {
    field.Get(key).AddProblem(
        absl::StrCat("must be a relative path without \"..\", not \"", path, "\""));
  }
  return path;
}

EnvSource ReadKeyReference(const Field& reference, EnvSource::Kind kind) {
  EnvSource source;
  source.kind = kind;
  source.path = reference.path();
  source.text = reference.RequiredText("name");
  source.key = reference.RequiredText("key");
  source.optional = reference.Bool("optional", false);
  return source;
}

EnvSource ReadResourceReference(const Field& reference) {
  EnvSource source;
  source.kind = EnvSource::Kind::kResource;
  source.path = reference.path();
  source.text = reference.RequiredText("resource");
  source.container = reference.Text("containerName");
  source.divisor = reference.Quantity("divisor").value_or(1);
  if (source.divisor == 0) source.divisor = 1;  // as the API server's default for "0"
  static const std::vector<std::string> kKnown = {"requests.cpu", "limits.cpu", "requests.memory",
                                                  "limits.memory"};
  if (!source.text.empty() && !HasPlaceholder(source.text) &&
      std::find(kKnown.begin(), kKnown.end(), source.text) == kKnown.end()) {
    reference.Get("resource")
        .AddProblem(
            absl::StrCat("must be ", JoinAlternatives(kKnown), ", not \"", source.text, "\""));
  }
  return source;
}

EnvSource ReadEnvSource(const Field& variable) {
  EnvSource source;
  source.path = variable.path();
  const Field from = variable.Object("valueFrom");
  if (!from.present()) {
    source.text = variable.Text("value");
    return source;
  }
  if (variable.Get("value").present()) {
    variable.AddProblem("has both value and valueFrom; one of them is allowed");
  }
  if (const Field field = from.Object("fieldRef"); field.present()) {
    source.kind = EnvSource::Kind::kField;
    source.text = field.RequiredText("fieldPath");
    source.path = field.Get("fieldPath").path();
  } else if (const Field map = from.Object("configMapKeyRef"); map.present()) {
    source = ReadKeyReference(map, EnvSource::Kind::kConfigMap);
  } else if (const Field secret = from.Object("secretKeyRef"); secret.present()) {
    source = ReadKeyReference(secret, EnvSource::Kind::kSecret);
  } else if (const Field resource = from.Object("resourceFieldRef"); resource.present()) {
    source = ReadResourceReference(resource);
  } else {
    from.AddProblem(kWaysOutOfValueFrom);
  }
  return source;
}

std::vector<EnvVariable> ReadEnv(const Field& container) {
  std::vector<EnvVariable> env;
  for (const Field& entry : container.Objects("env")) {
    EnvVariable variable;
    variable.name = entry.RequiredText("name");
    if (absl::StrContains(variable.name, "=")) {
      entry.Get("name").AddProblem(absl::StrCat("must not contain \"=\": \"", variable.name, "\""));
    }
    variable.source = ReadEnvSource(entry);
    env.push_back(std::move(variable));
  }
  return env;
}

std::vector<EnvFrom> ReadEnvFrom(const Field& container) {
  std::vector<EnvFrom> result;
  for (const Field& entry : container.Objects("envFrom")) {
    EnvFrom from;
    const Field map = entry.Object("configMapRef");
    const Field secret = entry.Object("secretRef");
    from.secret = secret.present();
    const Field& reference = from.secret ? secret : map;
    if (map.present() == secret.present()) {
      entry.AddProblem("must have either configMapRef or secretRef");
      continue;
    }
    from.object = reference.RequiredText("name");
    from.optional = reference.Bool("optional", false);
    from.prefix = entry.Text("prefix");
    from.path = reference.path();
    result.push_back(std::move(from));
  }
  return result;
}

std::vector<VolumeMount> ReadMounts(const Field& container) {
  std::vector<VolumeMount> mounts;
  std::set<std::string> seen;
  for (const Field& entry : container.Objects("volumeMounts")) {
    VolumeMount mount;
    mount.path = entry.path();
    mount.volume = entry.RequiredText("name");
    mount.mount_path = entry.RequiredText("mountPath");
    while (absl::EndsWith(mount.mount_path, "/")) mount.mount_path.pop_back();
    mount.sub_path = ReadRelativePath(entry, "subPath");
    mount.sub_path_expression = entry.Text("subPathExpr");
    mount.read_only = entry.Bool("readOnly", false);
    const Field mount_path = entry.Get("mountPath");
    if (mount_path.present() && !mount_path.HoldsPlaceholder()) {
      if (!absl::StartsWith(mount.mount_path, "/") || absl::StrContains(mount.mount_path, ":")) {
        mount_path.AddProblem("must be an absolute path other than \"/\", without \":\"");
      } else if (!seen.insert(mount.mount_path).second) {
        mount_path.AddProblem(absl::StrCat("\"", mount.mount_path, "\" is mounted twice"));
      }
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

// The number of GPUs among limits or requests: "nvidia.com/gpu", "amd.com/gpu", ...
int ReadGpus(const Field& quantities) {
  int gpus = 0;
  for (const std::string& key : quantities.Keys()) {
    if (!absl::EndsWith(key, "/gpu")) continue;
    constexpr int64_t kMost = 1024;
    const std::optional<int64_t> count = quantities.Integer(key, 0);
    if (count.has_value() && *count > kMost) {
      quantities.Get(key).AddProblem(absl::StrCat("must be at most ", kMost, ", not ", *count));
    }
    gpus += static_cast<int>(std::min(count.value_or(0), kMost));
  }
  return gpus;
}

ContainerResources ReadResources(const Field& container) {
  ContainerResources resources;
  const Field all = container.Object("resources");
  const Field requests = all.Object("requests");
  const Field limits = all.Object("limits");
  resources.cpu_limit = limits.Quantity("cpu");
  resources.cpu_request = requests.Quantity("cpu");
  resources.memory_limit = limits.Quantity("memory");
  resources.memory_request = requests.Quantity("memory");
  resources.gpus = std::max(ReadGpus(requests), ReadGpus(limits));
  const auto check = [&](absl::string_view key, const std::optional<double>& request,
                         const std::optional<double>& limit) {
    if (request.has_value() && limit.has_value() && *request > *limit) {
      requests.Get(key).AddProblem(
          absl::StrCat("must not be more than the limit: ", *request, " is more than ", *limit));
    }
  };
  check("cpu", resources.cpu_request, resources.cpu_limit);
  check("memory", resources.memory_request, resources.memory_limit);
  if (!resources.cpu_request.has_value()) resources.cpu_request = resources.cpu_limit;
  if (!resources.memory_request.has_value()) resources.memory_request = resources.memory_limit;
  return resources;
}

Container ReadContainer(const Field& field, const std::set<std::string>& volumes) {
  Container container;
  container.path = field.path();
  container.name = field.RequiredText("name");
  container.image = field.Text("image");
  container.command = field.Texts("command");
  container.args = field.Texts("args");
  container.env_from = ReadEnvFrom(field);
  container.env = ReadEnv(field);
  container.mounts = ReadMounts(field);
  container.resources = ReadResources(field);
  container.working_dir = field.Text("workingDir");
  container.restarts_always = field.Text("restartPolicy") == "Always";
  for (const VolumeMount& mount : container.mounts) {
    if (mount.volume.empty() || HasPlaceholder(mount.volume) || volumes.count(mount.volume) > 0) {
      continue;
    }
    const std::vector<std::string> known(volumes.begin(), volumes.end());
    field.AddProblem(
        absl::StrCat("volumeMounts: there is no volume called \"", mount.volume, "\"; ",
                     known.empty() ? "the pod has no volumes"
                                   : absl::StrCat("there is ", JoinAlternatives(known))));
  }
  return container;
}

// The keys that a ConfigMap or Secret volume writes.
void ReadItems(const Field& source, Volume* volume) {
  for (const Field& item : source.Objects("items")) {
    std::string key = item.RequiredText("key");
    item.RequiredText("path");
    volume->items.emplace_back(std::move(key), ReadRelativePath(item, "path"));
  }
  volume->optional = source.Bool("optional", false);
}

void ReadHostPath(const Field& source, Volume* volume) {
  volume->kind = Volume::Kind::kHostPath;
  volume->source = source.RequiredText("path");
  while (volume->source.size() > 1 && absl::EndsWith(volume->source, "/")) {
    volume->source.pop_back();
  }
  volume->create = source.Text("type") == "DirectoryOrCreate";
  const Field path = source.Get("path");
  if (!volume->source.empty() && !path.HoldsPlaceholder() && volume->source[0] != '/') {
    path.AddProblem(absl::StrCat("must be an absolute path, not \"", volume->source, "\""));
  }
}

Volume ReadVolume(const Field& field) {
  Volume volume;
  volume.path = field.path();
  volume.name = ReadPlainName(field, "name");
  if (const Field host = field.Object("hostPath"); host.present()) {
    ReadHostPath(host, &volume);
  } else if (const Field claim = field.Object("persistentVolumeClaim"); claim.present()) {
    volume.kind = Volume::Kind::kClaim;
    volume.source = ReadPlainName(claim, "claimName");
  } else if (const Field map = field.Object("configMap"); map.present()) {
    volume.kind = Volume::Kind::kConfigMap;
    volume.source = map.RequiredText("name");
    ReadItems(map, &volume);
  } else if (const Field secret = field.Object("secret"); secret.present()) {
    volume.kind = Volume::Kind::kSecret;
    volume.source = secret.RequiredText("secretName");
    ReadItems(secret, &volume);
  } else {
    // A volume without a source is an emptyDir.
    for (const std::string& key : field.Keys()) {
      if (key == "name" || key == "emptyDir" || key == "ephemeral") continue;
      field.Get(key).AddProblem(
          "volumes of this type cannot be had on one machine; use emptyDir, hostPath, "
          "persistentVolumeClaim, configMap or secret");
    }
  }
  return volume;
}

std::vector<Container> ReadContainers(const Field& spec, absl::string_view key,
                                      const std::set<std::string>& volumes,
                                      std::set<std::string>* names) {
  std::vector<Container> containers;
  for (const Field& field : spec.Objects(key)) {
    Container container = ReadContainer(field, volumes);
    if (!container.name.empty() && !names->insert(container.name).second) {
      field.Get("name").AddProblem(
          absl::StrCat("\"", container.name, "\" is the name of another container too"));
    }
    containers.push_back(std::move(container));
  }
  return containers;
}

int FindPrimary(const std::vector<Container>& containers, const std::string& name,
                const Field& field) {
  if (containers.empty() || name.empty()) return 0;
  std::vector<std::string> names;
  for (size_t i = 0; i < containers.size(); ++i) {
    if (containers[i].name == name) return static_cast<int>(i);
    names.push_back(containers[i].name);
  }
  field.AddProblem(
      absl::StrCat("the primary container \"", name,
                   "\" (trialTemplate.primaryContainerName) is not among them; there is ",
                   JoinAlternatives(names)));
  return 0;
}

}  // namespace

const Container* PodTemplate::Find(absl::string_view name) const {
  for (const std::vector<Container>* list : {&containers, &init_containers}) {
    for (const Container& container : *list) {
      if (container.name == name) return &container;
    }
  }
  return nullptr;
}

PodTemplate ReadPodTemplate(const Field& pod_template, const std::string& primary_container) {
  PodTemplate pod;
  const Field metadata = pod_template.Object("metadata");
  pod.labels = metadata.TextMap("labels");
  pod.annotations = metadata.TextMap("annotations");

  const Field spec = pod_template.Object("spec");
  std::set<std::string> volumes;
  for (const Field& field : spec.Objects("volumes")) {
    pod.volumes.push_back(ReadVolume(field));
    const std::string& name = pod.volumes.back().name;
    if (!name.empty() && !volumes.insert(name).second) {
      field.Get("name").AddProblem(
          absl::StrCat("\"", name, "\" is the name of another volume too"));
    }
  }
  std::set<std::string> names;
  pod.init_containers = ReadContainers(spec, "initContainers", volumes, &names);
  pod.containers = ReadContainers(spec, "containers", volumes, &names);
  const Field containers = spec.Get("containers");
  if (containers.IsEmpty()) containers.AddProblem("is required; there is nothing to run");
  pod.primary = FindPrimary(pod.containers, primary_container, containers);
  pod.active_deadline_seconds = spec.Integer("activeDeadlineSeconds", 1);
  pod.grace_seconds = spec.Integer("terminationGracePeriodSeconds", 0);
  return pod;
}

}  // namespace qalam
