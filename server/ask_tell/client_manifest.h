#ifndef QALAM_SERVER_ASK_TELL_CLIENT_MANIFEST_H_
#define QALAM_SERVER_ASK_TELL_CLIENT_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "storage/store.h"

namespace qalam {

// The one Experiment of a manifest, without a trial template. InvalidArgument with each problem;
// what is merely doubtful is added to `warnings`.
absl::StatusOr<ExperimentSpec> ReadClientManifest(const std::string& manifest,
                                                  std::vector<std::string>* warnings);

// OK when what is stored is the same experiment, else AlreadyExists.
absl::Status CheckSameExperiment(const ExperimentRecord& stored, const ExperimentSpec& spec);

}  // namespace qalam

#endif  // QALAM_SERVER_ASK_TELL_CLIENT_MANIFEST_H_
