#ifndef QALAM_CLI_WORKSPACE_H_
#define QALAM_CLI_WORKSPACE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/verb.h"
#include "controller/control_requests.h"
#include "controller/data_dir.h"
#include "controller/spec/experiment_spec.h"
#include "storage/store.h"

namespace qalam {

// The data folder that a verb works on, and its store.
class Workspace {
 public:
  // For verbs that write: creates folder and store when they are absent.
  static absl::StatusOr<Workspace> Create(const Invocation& invocation);
  // For verbs that read: nothing when there is no store yet. Creates nothing.
  static absl::StatusOr<std::optional<Workspace>> OpenIfPresent(const Invocation& invocation);
  // The same, NotFound ("no experiments in DIR") when there is no store yet.
  static absl::StatusOr<Workspace> Open(const Invocation& invocation);

  const DataDir& dir() const { return dir_; }
  Store& store() const { return *store_; }

  // The experiment called `name` ("digits", "experiment/digits"). NotFound with a did-you-mean, the
  // namespaces that have one of that name, or what there is.
  absl::StatusOr<ExperimentRecord> FindExperiment(const std::string& ns,
                                                  const std::string& name) const;

  struct FoundTrial {
    ExperimentRecord experiment;
    StoredTrial trial;
  };
  // The trial called `name` ("digits-ab12", "trial/digits-ab12"), or the only one whose name begins
  // so, of any experiment of the namespace. NotFound with a did-you-mean; InvalidArgument when
  // several begin so.
  absl::StatusOr<FoundTrial> FindTrial(const std::string& ns, const std::string& name) const;

  // Experiments of `ns` in order of name; of all namespaces when `ns` is empty.
  absl::StatusOr<std::vector<ExperimentRecord>> ListExperiments(const std::string& ns) const;

  // True when a living process drives the experiment.
  bool IsDriven(const ExperimentRecord& record) const;

 private:
  Workspace(DataDir dir, std::unique_ptr<Store> store)
      : dir_(std::move(dir)), store_(std::move(store)) {}
  DataDir dir_;
  std::unique_ptr<Store> store_;
};

// "digits" of "digits", "experiment/digits", "experiment.kubeflow.org/digits".
std::string BareName(absl::string_view name);
// "namespace/name", as messages show it.
std::string FullName(const ExperimentRecord& record);
// The spec of a stored experiment with the limits that are in force. DataLoss naming it.
absl::StatusOr<ExperimentSpec> SpecOf(const ExperimentRecord& record);
// Succeeded or Failed: it came to its own end.
bool IsComplete(const ExperimentRecord& record);
// How long the trial has run or ran; nothing when it has not started.
std::optional<absl::Duration> TrialDuration(const StoredTrial& trial, absl::Time now);

}  // namespace qalam

#endif  // QALAM_CLI_WORKSPACE_H_
