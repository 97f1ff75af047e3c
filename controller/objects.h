#ifndef QALAM_CONTROLLER_OBJECTS_H_
#define QALAM_CONTROLLER_OBJECTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/objective.h"
#include "storage/store.h"

namespace qalam {

// The Kubernetes-shaped objects that users of Katib know, made from what the store keeps.

// kubeflow.org/v1beta1 Experiment: apiVersion, kind, metadata (uid, generation, resourceVersion,
// creationTimestamp, labels, annotations), spec, and the whole status with Katib's field names.
absl::StatusOr<Json> ExperimentObject(const Store& store, const ExperimentRecord& record);

// kubeflow.org/v1beta1 Trial. `retain` and template fields come from the experiment's manifest.
Json TrialObject(const ExperimentRecord& experiment, const Json& experiment_manifest,
                 const StoredTrial& trial);

// status.currentOptimalTrial for a trial.
Json OptimalTrialObject(const StoredTrial& trial);

// status.paretoFront: for each trial its name, the values that are optimised, its parameters and
// what it reported.
Json FrontObject(const std::vector<StoredTrial>& front, const Objective& objective);

// A JSON value as YAML text, with strings quoted where YAML would read them as something else.
std::string ToYaml(const Json& value);

// "2026-11-23T10:00:00Z". Call it as qalam::FormatTime: absl has one for the same argument.
std::string FormatTime(absl::Time time);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_OBJECTS_H_
