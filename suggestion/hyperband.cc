// Hyperband (Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband: a novel bandit-based
// approach to hyperparameter optimization", JMLR 18, 2018): brackets of successive halving, each of
// which begins with fewer configurations and more of the resource than the one before.
//
// Differs from the paper in that brackets overlap: while a rung waits for its last trials, the next
// bracket begins, so that any number of workers is kept busy. What each rung decides is the same.

#include <memory>
#include <utility>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/hyperband_schedule.h"
#include "suggestion/fidelity/multi_fidelity_suggester.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/registry.h"

namespace qalam {

AlgorithmDescriptor HyperbandAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "hyperband";
  descriptor.summary =
      "Tries many configurations with little of a resource, and goes on with the best of them.";
  descriptor.source = "Li et al., JMLR 18, 2018";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_fidelity = true;
  descriptor.settings = HyperbandSettings();
  descriptor.validate = CheckHyperband;
  descriptor.create = [](const SuggesterSpec& spec) {
    auto resource = std::make_shared<const Resource>(*ResourceOf(spec));
    MultiFidelityParts parts{
        .name = "hyperband",
        .resource = resource,
        .scheduler = std::make_unique<HyperbandSchedule>(HyperbandOptionsOf(spec, *resource)),
        .sampler = std::make_unique<RandomConfigurations>(spec, resource.get())};
    return std::make_unique<MultiFidelitySuggester>(spec, std::move(parts));
  };
  AllowReports(&descriptor);
  return descriptor;
}

}  // namespace qalam
