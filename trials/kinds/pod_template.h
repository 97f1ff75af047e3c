#ifndef QALAM_TRIALS_KINDS_POD_TEMPLATE_H_
#define QALAM_TRIALS_KINDS_POD_TEMPLATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trials/kinds/field.h"

// A pod template as written, read once into types: what every kind of manifest has in common.
// Fields that mean nothing to a process on this machine (probes, security contexts, node selectors,
// pull policies) are not read. `path` members are the places in the manifest, for messages.
namespace qalam {

// Where the value of a variable comes from.
struct EnvSource {
  enum class Kind { kText, kField, kConfigMap, kSecret, kResource };
  Kind kind = Kind::kText;
  std::string text;       // the value, the fieldPath, the object's name, or the resource
  std::string key;        // of ConfigMaps and Secrets
  std::string container;  // kResource: whose; empty: this container's
  double divisor = 1;     // kResource
  bool optional = false;  // a missing object or key leaves the variable unset
  std::string path;
};

struct EnvVariable {
  std::string name;
  EnvSource source;
};

// All keys of a ConfigMap or Secret as variables.
struct EnvFrom {
  bool secret = false;
  std::string object;
  std::string prefix;
  bool optional = false;
  std::string path;
};

struct VolumeMount {
  std::string volume;
  std::string mount_path;  // absolute, without "/" at the end
  std::string sub_path;
  std::string sub_path_expression;  // with $(VARIABLE)s
  bool read_only = false;
  std::string path;
};

// Absent where the manifest says nothing.
struct ContainerResources {
  std::optional<double> cpu_request;
  std::optional<double> cpu_limit;
  std::optional<double> memory_request;  // bytes
  std::optional<double> memory_limit;
  int gpus = 0;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvFrom> env_from;
  std::vector<EnvVariable> env;
  std::vector<VolumeMount> mounts;
  ContainerResources resources;
  std::string working_dir;
  bool restarts_always = false;  // of an init container: it is a sidecar
  std::string path;
};

struct Volume {
  enum class Kind { kScratch, kHostPath, kClaim, kConfigMap, kSecret };
  Kind kind = Kind::kScratch;
  std::string name;
  std::string source;   // the folder on this machine, or the claim's or object's name
  bool create = false;  // kHostPath: type DirectoryOrCreate
  bool optional = false;
  // kConfigMap, kSecret: the keys to write and their files; empty: every key, to a file of its
  // name.
  std::vector<std::pair<std::string, std::string>> items;
  std::string path;
};

struct PodTemplate {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<Container> init_containers;
  std::vector<Container> containers;  // never empty in a template without problems
  std::vector<Volume> volumes;
  int primary = 0;  // index into containers
  std::optional<int64_t> active_deadline_seconds;
  std::optional<int64_t> grace_seconds;

  // The container called `name`, of either list; null when there is none.
  const Container* Find(absl::string_view name) const;
};

// Reads a pod template ("spec.template" of a Job). Everything that cannot run is told to the
// field's problems; the result is to be used only if there was none. An empty `primary_container`
// means the first container.
PodTemplate ReadPodTemplate(const Field& pod_template, const std::string& primary_container);

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_POD_TEMPLATE_H_
