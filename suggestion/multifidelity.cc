// The strong default among the algorithms that give trials different amounts of a resource:
// asynchronous promotion (Li et al., MLSys 2020), and configurations by a Gaussian process that has
// the rung as one of its inputs (compare Klein, Tiao, Lienart, Archambeau and Seeger, "Model-based
// asynchronous hyperparameter and neural architecture search", arXiv 2003.10865). What was measured
// with little of the resource tells where to look with all of it.

#include <memory>
#include <utility>

#include "suggestion/fidelity/gp_configurations.h"
#include "suggestion/fidelity/multi_fidelity_suggester.h"
#include "suggestion/fidelity/promotion_ladder.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/registry.h"

namespace qalam {

AlgorithmDescriptor MultifidelityAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "multifidelity";
  descriptor.summary =
      "Promotes as asha does, and chooses configurations by a model of all amounts; the default "
      "where trials have a resource.";
  descriptor.source = "Li et al., MLSys 2020; Klein et al., arXiv 2003.10865";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.costly = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_fidelity = true;
  descriptor.settings = LadderSettings();
  descriptor.validate = CheckLadder;
  descriptor.create = [](const SuggesterSpec& spec) {
    auto resource = std::make_shared<const Resource>(*ResourceOf(spec));
    const Ladder ladder = LadderOf(spec, *resource);
    MultiFidelityParts parts{
        .name = "multifidelity",
        .resource = resource,
        .scheduler = std::make_unique<PromotionLadder>(resource.get(), ladder.amounts, ladder.eta),
        .sampler = std::make_unique<GpConfigurations>(spec, resource.get(), ladder.amounts)};
    return std::make_unique<MultiFidelitySuggester>(spec, std::move(parts));
  };
  AllowReports(&descriptor);
  return descriptor;
}

}  // namespace qalam
