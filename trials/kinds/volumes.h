#ifndef QALAM_TRIALS_KINDS_VOLUMES_H_
#define QALAM_TRIALS_KINDS_VOLUMES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "trials/job.h"
#include "trials/kinds/environment.h"
#include "trials/kinds/pod_template.h"
#include "trials/manifest.h"

namespace qalam {

// A volume as one container sees it.
struct PlacedMount {
  std::string mount_path;
  std::string source;  // on this machine
  bool read_only = false;
};

// Where the volumes of a pod are on this machine: emptyDir below the trial's folder, claims below
// the claims' folder, ConfigMaps and Secrets as files below the trial's folder, hostPath where it
// says.
class PlacedVolumes {
 public:
  // NotFound, naming the field, when a ConfigMap, Secret or key of a volume did not come along.
  static absl::StatusOr<PlacedVolumes> Create(const PodTemplate& pod, const PodIdentity& identity,
                                              const JobContext& context);

  // The mounts of `container`, subPath included; folders that have to exist are noted. Variables in
  // subPathExpr are looked up in `environment`.
  absl::StatusOr<std::vector<PlacedMount>> MountsOf(const Container& container,
                                                    const Environment& environment);

  // The mount that stands for the folder of the File collector's `metrics_path`, unless one of
  // `mounts` has the same mount path. InvalidArgument when the path has no folder of its own.
  absl::Status AddMetricsMount(const std::string& metrics_path, std::vector<PlacedMount>* mounts);

  // What has to be made before the first process starts (Job::scratch_dirs, Job::files). Call last.
  void MoveInto(Job* job);

 private:
  struct Place {
    std::string source;
    bool creates_sub_paths = false;
    bool read_only = false;
  };

  absl::Status Add(const Volume& volume, const PodIdentity& identity, const JobContext& context);
  absl::Status AddKeys(const Volume& volume, const PodIdentity& identity, const JobContext& context,
                       const std::string& folder);

  std::string scratch_root_;
  std::map<std::string, Place> places_;
  std::vector<std::string> scratch_dirs_;
  std::vector<std::pair<std::string, std::string>> files_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_VOLUMES_H_
