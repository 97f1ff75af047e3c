#ifndef QALAM_CONTROLLER_SPEC_SOURCES_JSON_H_
#define QALAM_CONTROLLER_SPEC_SOURCES_JSON_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/json.h"
#include "suggestion/registry.h"

namespace qalam {

using SourceList = std::vector<std::shared_ptr<const SourceTrials>>;

// The kind of the object among an experiment's companions that holds its sources.
inline constexpr char kSourcesKind[] = "SourceTrials";

// What spec.warmStartFrom came to, as it is stored with the experiment, and back to the last bit.
// DataLoss when the object is not one that was written for a space of `parameters` parameters.
Json SourcesToJson(const SourceList& sources);
absl::StatusOr<SourceList> SourcesFromJson(const Json& object, int parameters);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_SOURCES_JSON_H_
