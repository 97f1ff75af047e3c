#include "trials/kinds/volumes.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// No volume can have this name: it is no DNS label.
constexpr char kMetricsVolume[] = ".metrics";

// The folder that `path` lies in, "" for the root.
std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string ClaimsFolder(const JobContext& context) {
  return context.claims_directory.empty() ? FolderOf(context.directory) + "/claims"
                                          : context.claims_directory;
}

bool LeavesItsFolder(const std::string& path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  return absl::StartsWith(path, "/") || std::find(parts.begin(), parts.end(), "..") != parts.end();
}

}  // namespace

absl::StatusOr<PlacedVolumes> PlacedVolumes::Create(const PodTemplate& pod,
                                                    const PodIdentity& identity,
                                                    const JobContext& context) {
  PlacedVolumes volumes;
  volumes.scratch_root_ = context.directory + "/volumes";
  for (const Volume& volume : pod.volumes) {
    QALAM_RETURN_IF_ERROR(volumes.Add(volume, identity, context));
  }
  return volumes;
}

absl::Status PlacedVolumes::Add(const Volume& volume, const PodIdentity& identity,
                                const JobContext& context) {
  Place place;
  place.source = absl::StrCat(scratch_root_, "/", volume.name);
  switch (volume.kind) {
    case Volume::Kind::kScratch:
      place.creates_sub_paths = true;
      scratch_dirs_.push_back(place.source);
      break;
    case Volume::Kind::kClaim:
      place.source = absl::StrCat(ClaimsFolder(context), "/", volume.source);
      place.creates_sub_paths = true;
      scratch_dirs_.push_back(place.source);
      break;
    case Volume::Kind::kHostPath:
      place.source = volume.source;
      if (volume.create) scratch_dirs_.push_back(place.source);
      break;
    case Volume::Kind::kConfigMap:
    case Volume::Kind::kSecret:
      place.read_only = true;
      scratch_dirs_.push_back(place.source);
      QALAM_RETURN_IF_ERROR(AddKeys(volume, identity, context, place.source));
      break;
  }
  places_[volume.name] = std::move(place);
  return absl::OkStatus();
}

absl::Status PlacedVolumes::AddKeys(const Volume& volume, const PodIdentity& identity,
                                    const JobContext& context, const std::string& folder) {
  const bool secret = volume.kind == Volume::Kind::kSecret;
  const auto object = FindCompanion(context, secret, identity.ns, volume.source, volume.path);
  if (!object.ok()) return volume.optional ? absl::OkStatus() : object.status();
  if (volume.items.empty()) {
    for (const auto& [key, content] : **object) {
      if (LeavesItsFolder(key)) {
        return absl::InvalidArgumentError(
            absl::StrCat(volume.path, ": the key \"", key, "\" cannot be a file's name"));
      }
      files_.emplace_back(absl::StrCat(folder, "/", key), content);
    }
    return absl::OkStatus();
  }
  for (const auto& [key, path] : volume.items) {
    const auto entry = (*object)->find(key);
    if (entry != (*object)->end()) {
      files_.emplace_back(absl::StrCat(folder, "/", path), entry->second);
    } else if (!volume.optional) {
      return absl::NotFoundError(absl::StrCat(volume.path, ": ", secret ? "Secret" : "ConfigMap",
                                              " \"", volume.source, "\" has no key \"", key, "\""));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PlacedMount>> PlacedVolumes::MountsOf(const Container& container,
                                                                 const Environment& environment) {
  std::vector<PlacedMount> mounts;
  for (const VolumeMount& mount : container.mounts) {
    const auto found = places_.find(mount.volume);
    if (found == places_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(mount.path, ".name: there is no volume called \"", mount.volume, "\""));
    }
    const Place& place = found->second;
    std::string sub_path = mount.sub_path;
    if (sub_path.empty() && !mount.sub_path_expression.empty()) {
      sub_path = ExpandReferences(
          mount.sub_path_expression, [&](absl::string_view name) -> std::optional<std::string> {
            const std::string* value = FindVariable(environment, name);
            return value == nullptr ? std::nullopt : std::optional<std::string>(*value);
          });
      if (LeavesItsFolder(sub_path)) {
        return absl::InvalidArgumentError(
            absl::StrCat(mount.path, ".subPathExpr: \"", sub_path, "\" leaves the volume"));
      }
    }
    PlacedMount placed;
    placed.mount_path = mount.mount_path;
    placed.source = place.source;
    if (!sub_path.empty()) absl::StrAppend(&placed.source, "/", sub_path);
    if (!sub_path.empty() && place.creates_sub_paths) scratch_dirs_.push_back(placed.source);
    placed.read_only = mount.read_only || place.read_only;
    mounts.push_back(std::move(placed));
  }
  return mounts;
}

absl::Status PlacedVolumes::AddMetricsMount(const std::string& metrics_path,
                                            std::vector<PlacedMount>* mounts) {
  const std::string folder = FolderOf(metrics_path);
  if (!absl::StartsWith(folder, "/") || absl::EndsWith(metrics_path, "/")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "metricsCollectorSpec.source.fileSystemPath.path: must be the absolute path of a file in a "
        "folder, such as /var/log/katib/metrics.log, not \"",
        metrics_path, "\""));
  }
  for (const PlacedMount& mount : *mounts) {
    if (mount.mount_path == folder) return absl::OkStatus();
  }
  PlacedMount mount;
  mount.mount_path = folder;
  mount.source = absl::StrCat(scratch_root_, "/", kMetricsVolume);
  scratch_dirs_.push_back(mount.source);
  mounts->push_back(std::move(mount));
  return absl::OkStatus();
}

void PlacedVolumes::MoveInto(Job* job) {
  job->scratch_dirs = std::move(scratch_dirs_);
  job->files = std::move(files_);
}

}  // namespace qalam
