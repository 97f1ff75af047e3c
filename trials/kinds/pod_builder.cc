#include "trials/kinds/pod_builder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/random_stream.h"
#include "core/status_macros.h"
#include "trials/kinds/command.h"
#include "trials/kinds/path_rewriter.h"
#include "trials/kinds/volumes.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// True when a shell would not take `path` as one plain word.
bool NeedsQuotes(absl::string_view path) {
  return path.find_first_of(" \t\n\"'`$&|;<>()*?[]{}#!\\") != absl::string_view::npos;
}

// A UUID that is a function of `text`.
std::string NamedUid(absl::string_view text) {
  const uint64_t high = StableHash(text);
  const uint64_t low = StableMix(high, text.size());
  return absl::StrFormat("%08x-%04x-8%03x-a%03x-%012x", high >> 32, (high >> 16) & 0xFFFF,
                         high & 0xFFF, low >> 52, low & 0xFFFFFFFFFFFF);
}

std::vector<std::pair<std::string, std::string>> Pairs(const std::vector<PlacedMount>& mounts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(mounts.size());
  for (const PlacedMount& mount : mounts) pairs.emplace_back(mount.mount_path, mount.source);
  return pairs;
}

class PodBuilder {
 public:
  PodBuilder(const PodTemplate& pod, const PodIdentity& identity, const JobContext& context,
             PlacedVolumes* volumes, Job* job)
      : pod_(pod), identity_(identity), context_(context), volumes_(*volumes), job_(*job) {}

  absl::Status Build() {
    for (const Container& container : pod_.init_containers) {
      QALAM_ASSIGN_OR_RETURN(ProcessSpec process, BuildProcess(container, /*primary=*/false));
      (container.restarts_always ? job_.pod.sidecars : job_.pod.init).push_back(std::move(process));
    }
    for (size_t i = 0; i < pod_.containers.size(); ++i) {
      const bool primary = static_cast<int>(i) == pod_.primary;
      QALAM_ASSIGN_OR_RETURN(ProcessSpec process, BuildProcess(pod_.containers[i], primary));
      if (primary) {
        job_.pod.main = std::move(process);
      } else {
        job_.pod.sidecars.push_back(std::move(process));
      }
    }
    return absl::OkStatus();
  }

 private:
  // The folder that stands for the container's image; empty when there is none.
  std::string ImageRoot(const Container& container) const {
    const auto mapped = context_.image_map.find(container.image);
    if (mapped == context_.image_map.end()) return "";
    std::string root = mapped->second;
    while (root.size() > 1 && absl::EndsWith(root, "/")) root.pop_back();
    return root;
  }

  absl::StatusOr<ProcessSpec> BuildProcess(const Container& container, bool primary) {
    const std::string image_root = ImageRoot(container);
    const bool in_engine = image_root.empty() && !context_.container_engine.empty();
    // subPathExpr may use variables, and variables may hold mount paths: the former get the
    // variables as the container would see them.
    const PathRewriter nothing({}, "");
    QALAM_ASSIGN_OR_RETURN(Environment environment,
                           BuildEnvironment(container, pod_, identity_, context_, nothing));
    QALAM_ASSIGN_OR_RETURN(std::vector<PlacedMount> mounts,
                           volumes_.MountsOf(container, environment));
    if (primary && !context_.metrics_path.empty()) {
      QALAM_RETURN_IF_ERROR(volumes_.AddMetricsMount(context_.metrics_path, &mounts));
      job_.capture.path = PathRewriter(Pairs(mounts), "").RewritePath(context_.metrics_path);
    }
    if (primary && !context_.checkpoint_path.empty()) {
      QALAM_RETURN_IF_ERROR(AddCheckpointMount(container, &mounts));
    }
    const PathRewriter rewriter = in_engine ? nothing : PathRewriter(Pairs(mounts), image_root);
    if (!in_engine) {
      QALAM_ASSIGN_OR_RETURN(environment,
                             BuildEnvironment(container, pod_, identity_, context_, rewriter));
    }
    if (primary && FindVariable(environment, "KATIB_TRIAL_NAME") == nullptr) {
      environment.emplace_back("KATIB_TRIAL_NAME", identity_.name);
    }
    if (primary && !context_.checkpoint_path.empty()) {
      SetVariable(kCheckpointVariable,
                  in_engine ? context_.checkpoint_path : context_.checkpoint_folder, &environment);
    }

    ProcessSpec process;
    process.name = container.name;
    process.image = container.image;
    process.mounts = Pairs(mounts);
    QALAM_RETURN_IF_ERROR(CheckCommand(container, in_engine));
    QALAM_ASSIGN_OR_RETURN(
        std::vector<std::string> words,
        BuildWords(container, primary, in_engine, rewriter, mounts, environment));
    AddDefaults(container, context_, /*inherits=*/!in_engine, &environment);
    if (in_engine) {
      BuildEngineProcess(container, std::move(words), environment, mounts, &process);
      return process;
    }
    process.argv = std::move(words);
    QALAM_ASSIGN_OR_RETURN(process.working_dir, WorkingDir(container, image_root, rewriter));
    AddImagePath(image_root, &environment);
    process.env = std::move(environment);
    return process;
  }

  absl::Status AddCheckpointMount(const Container& container,
                                  std::vector<PlacedMount>* mounts) const {
    for (const PlacedMount& mount : *mounts) {
      if (mount.mount_path != context_.checkpoint_path) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(container.path, ".volumeMounts: a volume is mounted at \"", mount.mount_path,
                       "\", where the trial's checkpoint folder is to be; choose another "
                       "trialTemplate.checkpoint.path"));
    }
    mounts->push_back(
        {.mount_path = context_.checkpoint_path, .source = context_.checkpoint_folder});
    return absl::OkStatus();
  }

  absl::Status CheckCommand(const Container& container, bool in_engine) const {
    if (in_engine) {
      if (!container.image.empty()) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(
          container.path, ".image: is required to run in ", context_.container_engine));
    }
    if (!container.command.empty()) return absl::OkStatus();
    // Args alone may be a command for an image without entrypoint, but "--lr=0.1" is none.
    if (!container.args.empty() && !absl::StartsWith(container.args[0], "-")) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat(container.path,
                     ".command: is required to run without a container, because the entrypoint of "
                     "image \"",
                     container.image,
                     "\" is not known here; add command, or choose "
                     "--container-engine=podman or docker"));
  }

  // The words to run, rewritten and expanded; in a shell for the primary container.
  absl::StatusOr<std::vector<std::string>> BuildWords(const Container& container, bool primary,
                                                      bool in_engine, const PathRewriter& rewriter,
                                                      const std::vector<PlacedMount>& mounts,
                                                      const Environment& environment) const {
    const bool in_shell = primary && !(in_engine && container.command.empty());
    const auto value_of = [&](absl::string_view name) -> std::optional<std::string> {
      if (const std::string* value = FindVariable(environment, name)) return *value;
      // Known when the pod starts; the shell knows it then.
      if (job_.indexed && in_shell && name == "JOB_COMPLETION_INDEX")
        return "${JOB_COMPLETION_INDEX}";
      return std::nullopt;
    };
    std::vector<std::string> words;
    for (const std::vector<std::string>* list : {&container.command, &container.args}) {
      for (const std::string& word : *list) {
        std::string rewritten = rewriter.Rewrite(word);
        if (in_shell && rewritten != word) {
          QALAM_RETURN_IF_ERROR(CheckShellSafe(container, rewritten, mounts));
        }
        words.push_back(ExpandReferences(rewritten, value_of));
      }
    }
    return in_shell ? ShellCommand(words) : words;
  }

  // A folder's path that was put into shell text must be a plain word there.
  absl::Status CheckShellSafe(const Container& container, const std::string& rewritten,
                              const std::vector<PlacedMount>& mounts) const {
    std::vector<std::string> folders = {ImageRoot(container)};
    for (const PlacedMount& mount : mounts) folders.push_back(mount.source);
    for (const std::string& folder : folders) {
      if (!NeedsQuotes(folder) || !absl::StrContains(rewritten, folder)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          container.path, ".command: the folder \"", folder,
          "\" that stands for a path in it has "
          "characters that mean something to the shell; choose a data folder, hostPath or image "
          "folder without blanks and special characters"));
    }
    return absl::OkStatus();
  }

  void BuildEngineProcess(const Container& container, std::vector<std::string> words,
                          const Environment& environment, const std::vector<PlacedMount>& mounts,
                          ProcessSpec* process) const {
    EngineRequest request;
    request.engine = context_.container_engine;
    const uint64_t hash = StableHash(absl::StrCat(context_.directory, "/", container.name));
    request.name = absl::StrFormat("qalam-%s-%s-%08x", identity_.name, container.name,
                                   static_cast<uint32_t>(hash));
    request.container = &container;
    request.words = std::move(words);
    request.replaces_entrypoint = !container.command.empty();
    request.environment = &environment;
    request.mounts = &mounts;
    request.indexed = job_.indexed;
    BuildEngineCommand(request, process);
  }

  absl::StatusOr<std::string> WorkingDir(const Container& container, const std::string& image_root,
                                         const PathRewriter& rewriter) const {
    const std::string& stated = container.working_dir;
    if (stated.empty()) return image_root;
    const std::string mounted = rewriter.RewritePath(stated);
    if (mounted != stated) return mounted;
    if (!image_root.empty()) {
      const std::string folder =
          absl::StrCat(image_root, absl::StartsWith(stated, "/") ? "" : "/", stated);
      if (Exists(folder)) return folder;
      return absl::InvalidArgumentError(absl::StrCat(
          container.path, ".workingDir: \"", stated, "\" does not exist below ", image_root,
          ", the folder that image \"", container.image, "\" is mapped to"));
    }
    if (absl::StartsWith(stated, "/")) return stated;
    return absl::InvalidArgumentError(
        absl::StrCat(container.path, ".workingDir: must be an absolute path, not \"", stated,
                     "\", unless --image-map gives a folder for image \"", container.image, "\""));
  }

  // Programs of a mapped image come first, unless the manifest sets PATH itself.
  void AddImagePath(const std::string& image_root, Environment* environment) const {
    if (image_root.empty() || FindVariable(*environment, "PATH") != nullptr) return;
    std::string path;
    for (const char* folder : {"/bin", "/usr/bin"}) {
      if (Exists(image_root + folder)) absl::StrAppend(&path, image_root, folder, ":");
    }
    if (path.empty()) return;
    const auto own = context_.environment.find("PATH");
    environment->emplace_back(
        "PATH",
        path + (own == context_.environment.end() ? "/usr/local/bin:/usr/bin:/bin" : own->second));
  }

  const PodTemplate& pod_;
  const PodIdentity& identity_;
  const JobContext& context_;
  PlacedVolumes& volumes_;
  Job& job_;
};

int64_t Bytes(double quantity) { return static_cast<int64_t>(std::min(std::ceil(quantity), 9e18)); }

// What Kubernetes reserves for a pod: all containers together, or one init container if that is
// more.
Resources PodResources(const PodTemplate& pod) {
  double cpus = 0;
  double memory = 0;
  double memory_limit = 0;
  bool all_limited = true;
  int gpus = 0;
  const auto add = [&](const Container& container) {
    const ContainerResources& own = container.resources;
    cpus += own.cpu_request.value_or(0);
    memory += own.memory_request.value_or(0);
    memory_limit += own.memory_limit.value_or(0);
    all_limited &= own.memory_limit.value_or(0) > 0;
    gpus += own.gpus;
  };
  for (const Container& container : pod.containers) add(container);
  for (const Container& container : pod.init_containers) {
    if (container.restarts_always) add(container);
  }
  for (const Container& container : pod.init_containers) {
    const ContainerResources& own = container.resources;
    cpus = std::max(cpus, own.cpu_request.value_or(0));
    memory = std::max(memory, own.memory_request.value_or(0));
    memory_limit = std::max(memory_limit, own.memory_limit.value_or(0));
    gpus = std::max(gpus, own.gpus);
  }
  Resources resources;
  resources.cpus = cpus;
  resources.memory_bytes = Bytes(memory);
  resources.memory_limit = all_limited ? Bytes(memory_limit) : 0;
  resources.gpus = gpus;
  return resources;
}

}  // namespace

PodIdentity IdentifyPod(const Json& manifest, const PodTemplate& pod, const JobContext& context) {
  PodIdentity identity;
  const auto metadata = manifest.find("metadata");
  if (metadata != manifest.end() && metadata->is_object()) {
    identity.name = TextMember(*metadata, "name");
    identity.ns = TextMember(*metadata, "namespace");
    identity.uid = TextMember(*metadata, "uid");
    // Katib gives a trial's labels to its pods.
    const auto labels = metadata->find("labels");
    if (labels != metadata->end() && labels->is_object()) {
      for (auto label = labels->begin(); label != labels->end(); ++label) {
        if (label->is_string()) identity.labels[label.key()] = label->get<std::string>();
      }
    }
  }
  if (identity.uid.empty()) identity.uid = NamedUid(context.directory);
  for (const auto& [key, value] : pod.labels) identity.labels[key] = value;
  identity.labels["katib.kubeflow.org/trial"] = identity.name;
  identity.labels["job-name"] = identity.name;
  identity.labels["batch.kubernetes.io/job-name"] = identity.name;
  identity.annotations = pod.annotations;
  return identity;
}

absl::Status BuildPod(const PodTemplate& pod, const PodIdentity& identity,
                      const JobContext& context, Job* job) {
  QALAM_ASSIGN_OR_RETURN(PlacedVolumes volumes, PlacedVolumes::Create(pod, identity, context));
  QALAM_RETURN_IF_ERROR(PodBuilder(pod, identity, context, &volumes, job).Build());
  volumes.MoveInto(job);
  job->pod.resources = PodResources(pod);
  if (pod.grace_seconds.has_value()) job->grace = absl::Seconds(*pod.grace_seconds);
  return absl::OkStatus();
}

}  // namespace qalam
