#ifndef QALAM_CONTROLLER_WARM_START_H_
#define QALAM_CONTROLLER_WARM_START_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "storage/store.h"

namespace qalam {

// The experiments that spec.warmStartFrom names, as they are at one moment.
struct WarmStart {
  std::vector<std::shared_ptr<const SourceTrials>> sources;
  std::vector<std::string> warnings;  // for people, each a line that names the field
};

// At most so many sources, and of each so many trials: the best half of them and an even spread of
// the others.
inline constexpr size_t kMaxSources = 10;
inline constexpr size_t kMaxSourceTrials = 2000;

// Looks the experiments up in the store and maps their succeeded trials into the space of `spec`:
// parameters of the same name, numbers by their value, categories by their text. A parameter that
// the source lacks has its default or lies in the middle; what this space lacks is left out; a
// trial with a category that is not in this space is left out.
//
// InvalidArgument naming the field when an experiment is not there (with a did-you-mean), has no
// parameter in common or never reported the objective metric; what is only odd is a warning.
absl::StatusOr<WarmStart> ResolveWarmStart(const Store& store, const ExperimentSpec& spec);

// The same for an experiment that is about to be created: puts the sources into `spec`. Returns the
// warnings.
absl::StatusOr<std::vector<std::string>> AddSources(const Store& store, ExperimentSpec* spec);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_WARM_START_H_
