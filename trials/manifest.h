#ifndef QALAM_TRIALS_MANIFEST_H_
#define QALAM_TRIALS_MANIFEST_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/json.h"
#include "core/search_space.h"
#include "trials/gjson.h"
#include "trials/job.h"

namespace qalam {

// An entry of spec.trialTemplate.trialParameters.
struct TrialParameter {
  std::string name;
  std::string description;
  std::string reference;  // a parameter's name, or ${trialSpec.Name} and its kin
};

// spec.trialTemplate.checkpoint: the folder in which a trial keeps what a later one may go on from.
struct CheckpointSpec {
  // Where the primary container has it, absolute and without "/" at the end. Empty: trials have no
  // such folder.
  std::string path;
  // Folders are kept for good; else those that nothing can go on from any more are removed.
  bool keep_all = false;
  // A trial that is run again goes on from what it left itself; else from what it began with.
  bool retry_from_own = false;
  bool declared() const { return !path.empty(); }
};

// spec.trialTemplate, its source resolved: `manifest` is trialSpec, or the parsed text that the
// ConfigMap holds. Immutable once made, so it may be shared between threads.
struct TrialTemplate {
  std::shared_ptr<const Json> manifest;
  std::vector<TrialParameter> parameters;
  // Names of the search space's parameters that do not exist in every trial. Placeholders of one
  // that has no value are replaced by nothing.
  std::set<std::string> conditional;
  std::map<std::string, std::string> primary_pod_labels;
  std::string primary_container;
  std::string success_condition;  // GJSON
  std::string failure_condition;
  bool retain = false;
  CheckpointSpec checkpoint;
};

// The variable that tells a trial where its checkpoint folder is.
inline constexpr char kCheckpointVariable[] = "QALAM_CHECKPOINT_DIR";

// What a rendered template says of the trial it is for.
struct TrialIdentity {
  std::string name;
  std::string ns;
  std::map<std::string, std::string> labels;  // katib.kubeflow.org/experiment and the assignment's
  std::map<std::string, std::string> annotations;
};

// The text that `object` has at `key`; empty when there is none.
std::string TextMember(const Json& object, const char* key);

// A copy of the template's manifest with every ${trialParameters.x} in every string (keys too)
// replaced, and metadata.name and namespace set, labels and annotations added. Substitution is done
// inside parsed strings and is not repeated on what was put in, so no value can change the
// document's structure. InvalidArgument names a placeholder without parameter, a reference without
// value (other than to a conditional parameter), or a value that no parameter refers to.
absl::StatusOr<Json> RenderManifest(const TrialTemplate& trial_template, const NamedValues& values,
                                    const TrialIdentity& identity);

// ConfigMaps and Secrets that came with the experiment's file: kind/namespace/name -> key -> value
// (Secrets decoded).
struct CompanionObjects {
  std::map<std::string, std::map<std::string, std::string>> config_maps;  // key "namespace/name"
  std::map<std::string, std::map<std::string, std::string>> secrets;
};

// The names of all ${trialParameters.x} in `manifest`, in order of appearance, each once.
std::vector<std::string> PlaceholderNames(const Json& manifest);

// What a kind needs to turn a manifest into a job.
struct JobContext {
  std::string primary_container;
  std::string experiment;
  const CompanionObjects* companions = nullptr;
  // The trial's folder, absolute; volumes are placed below it.
  std::string directory;
  // The folder, absolute, in which each PersistentVolumeClaim is a folder that outlives the trial.
  // Empty: "claims" beside `directory`.
  std::string claims_directory;
  // --image-map: image -> folder that stands for the image's file system: what the image has at /x
  // is below it at x, and it is the working directory where the manifest names none.
  std::map<std::string, std::string> image_map;
  // "", "podman" or "docker".
  std::string container_engine;
  // The File collector's path as in the manifest; its folder is a scratch volume of each trial, as
  // in Katib. Empty for other collectors.
  std::string metrics_path;
  // CheckpointSpec::path, and the folder on this machine that stands for it. Empty: there is none.
  std::string checkpoint_path;
  std::string checkpoint_folder;
  // OMP_NUM_THREADS and its kin where the manifest states no CPU request.
  int default_threads = 1;
  // The variables that processes inherit from the runner. Those set here keep their value where we
  // would set a default (OMP_NUM_THREADS, ...), and PATH is extended for mapped images.
  std::map<std::string, std::string> environment;
  // This machine's name, for spec.nodeName. Empty: "localhost".
  std::string node_name;
};

// A kind of manifest that trials may be written in.
struct JobKind {
  std::string api_version;  // "batch/v1"
  std::string kind;         // "Job"
  std::string summary;
  std::string default_success_condition;
  std::string default_failure_condition;
  std::map<std::string, std::string> default_primary_pod_labels;
  // Every problem of a manifest (rendered or not), each InvalidArgument naming the field's path. An
  // empty `primary_container` means the first one. Fields that hold a placeholder are not judged.
  std::vector<absl::Status> (*validate)(const Json& manifest, const std::string& primary_container);
  // The job that a rendered manifest asks for; `name`, `directory`, `log_limit_bytes` and the
  // source and words of `capture` are filled by the caller. InvalidArgument or NotFound names the
  // field: what validate finds, and what only the context tells (a ConfigMap that did not come with
  // the file, a container without command and no engine that knows its image's). Looks at the file
  // system only for mapped images, and changes nothing.
  absl::StatusOr<Job> (*build)(const Json& manifest, const JobContext& context);
  // The object's status as the real operator would write it when a job ended that way.
  Json (*status)(const JobOutcome& outcome);
};

// The images of `manifest` that a run on this machine ignores: not mapped and no engine chosen.
std::vector<std::string> IgnoredImages(const Json& manifest, const JobContext& context);

// All kinds, in the order of kinds.inc.
const std::vector<JobKind>& JobKinds();
// Nothing when the kind is not known here; `kind` and `api_version` as in the manifest.
const JobKind* FindJobKind(absl::string_view api_version, absl::string_view kind);

enum class Verdict { kRunning, kSucceeded, kFailed };
struct Judgement {
  Verdict verdict = Verdict::kRunning;
  std::string reason;  // of the matched condition, if it has one
  std::string message;
};

// InvalidArgument with the position when `condition` is not a GJSON path (trials/gjson.h).
absl::Status ValidateCondition(absl::string_view condition);

// Judges objects ({"status": ...} and the rest of the manifest) by the two GJSON conditions of a
// trial template, compiled once: failure first, with Katib's rule of what a match is: an object or
// a non-empty array, whose (first) object tells reason and message. Thread-safe.
class StatusJudge {
 public:
  // An empty condition never matches. InvalidArgument as ValidateCondition, naming the condition.
  static absl::StatusOr<StatusJudge> Create(absl::string_view success_condition,
                                            absl::string_view failure_condition);
  Judgement Judge(const Json& object) const;

 private:
  StatusJudge(GjsonPath success, GjsonPath failure)
      : success_(std::move(success)), failure_(std::move(failure)) {}
  GjsonPath success_;
  GjsonPath failure_;
};

// The same for once. A condition that cannot be compiled never matches.
Judgement JudgeStatus(const Json& object, const std::string& success_condition,
                      const std::string& failure_condition);

}  // namespace qalam

#endif  // QALAM_TRIALS_MANIFEST_H_
