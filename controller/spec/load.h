#ifndef QALAM_CONTROLLER_SPEC_LOAD_H_
#define QALAM_CONTROLLER_SPEC_LOAD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controller/spec/diagnostic.h"
#include "controller/spec/experiment_spec.h"

namespace qalam {

struct LoadOptions {
  // Unknown fields are errors instead of warnings.
  bool strict = false;
  // spec.trialTemplate may be absent: clients of a server run the trials (server/ask_tell/).
  bool without_template = false;
  // Used where metadata.namespace is absent.
  std::string default_namespace = "default";
};

// What a file amounts to: valid experiments (those without an error), and every problem found.
struct LoadResult {
  std::vector<ExperimentSpec> experiments;
  std::vector<Diagnostic> diagnostics;
};

// Reads a YAML (or JSON) text that may hold several documents: Experiments, and the ConfigMaps and
// Secrets that they use. `companion_texts` are further files (name, text) that are searched for
// ConfigMaps and Secrets. Never fails: what is wrong is in the diagnostics. Texts over 4 MiB,
// nested deeper than 100 levels, or with aliases that expand to over 200,000 nodes are refused
// quickly.
LoadResult LoadExperiments(const std::string& file, absl::string_view text,
                           const std::vector<std::pair<std::string, std::string>>& companion_texts,
                           const LoadOptions& options);

// Makes the spec again from what the store keeps (ExperimentRecord::manifest and ::companions),
// which was valid when it was written. DataLoss when it cannot be read.
absl::StatusOr<ExperimentSpec> RestoreExperiment(absl::string_view manifest_json,
                                                 absl::string_view companions_json);

// Checks an edit of the limits of an experiment that has `existing_trials` trials by the rules for
// a spec. Each problem is an InvalidArgument naming the field.
std::vector<absl::Status> ValidateBudget(const Budget& budget, int64_t existing_trials);

// The paths at which two manifests' spec differ, other than the three limits: "spec.algorithm...".
std::vector<std::string> DiffSpecs(const Json& a, const Json& b);

// One line for each known field below `path` ("spec.objective", "" for all) with type, default and
// a sentence; NotFound with a did-you-mean when there is no such field. Serves `qalam explain`.
absl::StatusOr<std::string> ExplainField(absl::string_view path);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_LOAD_H_
