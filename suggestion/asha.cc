// ASHA, asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht
// and Talwalkar, "A system for massively parallel hyperparameter tuning", MLSys 2020), in the form
// that promotes paused trials; what differs is told in fidelity/promotion_ladder.h. Configurations
// are drawn at random. Trials that are stopped while they run are the stopping rule of the same
// name.

#include <memory>
#include <utility>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/multi_fidelity_suggester.h"
#include "suggestion/fidelity/promotion_ladder.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/registry.h"

namespace qalam {

AlgorithmDescriptor AshaAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "asha";
  descriptor.summary =
      "Goes on with the best of the trials that had little of a resource, and never waits.";
  descriptor.source = "Li et al., MLSys 2020, arXiv 1810.05934";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_fidelity = true;
  descriptor.settings = LadderSettings();
  descriptor.validate = CheckLadder;
  descriptor.create = [](const SuggesterSpec& spec) {
    auto resource = std::make_shared<const Resource>(*ResourceOf(spec));
    const Ladder ladder = LadderOf(spec, *resource);
    MultiFidelityParts parts{
        .name = "asha",
        .resource = resource,
        .scheduler = std::make_unique<PromotionLadder>(resource.get(), ladder.amounts, ladder.eta),
        .sampler = std::make_unique<RandomConfigurations>(spec, resource.get())};
    return std::make_unique<MultiFidelitySuggester>(spec, std::move(parts));
  };
  AllowReports(&descriptor);
  return descriptor;
}

}  // namespace qalam
