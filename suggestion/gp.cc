// Bayesian optimisation with a Gaussian process.

#include <algorithm>
#include <memory>

#include "suggestion/gp/suggester.h"
#include "suggestion/settings.h"

namespace qalam {

AlgorithmDescriptor GpAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "gp";
  descriptor.summary = "Bayesian optimisation with a Gaussian process.";
  descriptor.source = "Hvarfner et al., ICML 2024; Ament et al., NeurIPS 2023";
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) -> std::unique_ptr<Suggester> {
    gp::GpOptions options;
    options.initial_points = std::clamp(2 * spec.space->size(), 4, 10);
    return std::make_unique<gp::GpSuggester>(spec, "gp", options);
  };
  return descriptor;
}

}  // namespace qalam
