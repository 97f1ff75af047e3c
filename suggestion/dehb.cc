// DEHB (Awad, Mallik and Hutter, "DEHB: evolutionary hyperband for scalable, robust and efficient
// hyperparameter optimization", IJCAI 2021): the brackets of Hyperband, with configurations bred by
// differential evolution.
//
// Differs from the paper in that the best of a rung go on in every bracket and not in the first
// alone, since to go on with a training costs less than to begin one with new parameters; in that
// children are bred towards a good configuration (current-to-pbest/1) instead of from a random one;
// and in that populations are the best of all trials of an amount.

#include <memory>
#include <utility>

#include "suggestion/fidelity/differential_configurations.h"
#include "suggestion/fidelity/hyperband_schedule.h"
#include "suggestion/fidelity/multi_fidelity_suggester.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/registry.h"

namespace qalam {

AlgorithmDescriptor DehbAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "dehb";
  descriptor.summary =
      "The brackets of hyperband, with configurations bred from good ones of each amount.";
  descriptor.source = "Awad, Mallik and Hutter, IJCAI 2021";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_fidelity = true;
  descriptor.settings = BracketSettings();
  descriptor.validate = CheckBrackets;
  descriptor.create = [](const SuggesterSpec& spec) {
    auto resource = std::make_shared<const Resource>(*ResourceOf(spec));
    MultiFidelityParts parts{
        .name = "dehb",
        .resource = resource,
        .scheduler = std::make_unique<HyperbandSchedule>(BracketOptionsOf(spec, *resource)),
        .sampler = std::make_unique<DifferentialConfigurations>(spec, resource.get())};
    return std::make_unique<MultiFidelitySuggester>(spec, std::move(parts));
  };
  AllowReports(&descriptor);
  return descriptor;
}

}  // namespace qalam
