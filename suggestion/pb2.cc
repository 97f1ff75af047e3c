// PB2 (Parker-Holder, Nguyen and Roberts, "Provably efficient online hyperparameter optimization
// with population-based bandits", NeurIPS 2020): population based training in which a member that
// takes over from another one gets its numbers from a model of what makes networks improve now.
// Other parameters change as in pbt, whose members it has.

#include <memory>

#include "suggestion/population/bandit_explorer.h"
#include "suggestion/population/population_suggester.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {

AlgorithmDescriptor Pb2Algorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "pb2";
  descriptor.summary =
      "As pbt, with numbers from a Gaussian process of what makes members improve; for few "
      "members.";
  descriptor.source = "Parker-Holder et al., NeurIPS 2020, arXiv 2002.02518";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.costly = true;
  descriptor.settings = PopulationSettings();
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<PopulationSuggester>(
        spec, "pb2", std::make_unique<BanditExplorer>(EffectiveSeed(spec)));
  };
  return descriptor;
}

}  // namespace qalam
