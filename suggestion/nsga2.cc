// NSGA-II (Deb, Pratap, Agarwal and Meyarivan, IEEE Transactions on Evolutionary Computation 6,
// 2002), for mixed spaces and without waiting for generations: every result competes at once, and
// each trial is bred from the survivors of that moment. The first trials fill the space and are
// fewer than the population, parents are few as long as trials are, and the most crowded trials are
// dropped one by one.

#include <memory>
#include <utility>

#include "suggestion/multi_objective/front_cuts.h"
#include "suggestion/multi_objective/nsga_suggester.h"
#include "suggestion/registry.h"

namespace qalam {

AlgorithmDescriptor Nsga2Algorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "nsga2";
  descriptor.summary =
      "Breeds trials from those that nothing dominates and that have room around them, for several "
      "objectives.";
  descriptor.source = "Deb, Pratap, Agarwal and Meyarivan, IEEE TEC 6, 2002";
  descriptor.capabilities.multi_objective = true;
  descriptor.capabilities.transfers = true;
  descriptor.settings = NsgaSettings();
  descriptor.create = [settings = descriptor.settings](const SuggesterSpec& spec) {
    NsgaOptions options = ReadNsgaSettings(spec, settings);
    options.name = "nsga2";
    options.cut = CutByCrowding;
    return std::make_unique<NsgaSuggester>(spec, std::move(options));
  };
  return descriptor;
}

}  // namespace qalam
