#ifndef QALAM_CONTROLLER_SPEC_SPEC_JSON_H_
#define QALAM_CONTROLLER_SPEC_SPEC_JSON_H_

#include "controller/spec/experiment_spec.h"
#include "controller/spec/yaml_node.h"

namespace qalam {

// The object that an experiment is kept as: apiVersion, kind, metadata and spec as written, with
// each known field in its own type (texts keep their characters: min 0.10 is "0.10"), defaults of
// `spec` filled in, unknown fields kept, and without status and what a server had set.
Json MakeManifest(const YamlNode& document, const ExperimentSpec& spec);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_SPEC_JSON_H_
