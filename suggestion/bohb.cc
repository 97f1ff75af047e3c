// BOHB (Falkner, Klein and Hutter, "BOHB: robust and efficient hyperparameter optimization at
// scale", ICML 2018): the brackets of Hyperband, with configurations by Parzen estimators of the
// results with the greatest amount of which there are enough; a third of them is drawn at random.
//
// The estimators are those of tpe (see tpe.cc for how they differ), and the brackets overlap as
// those of hyperband do.

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "suggestion/fidelity/hyperband_schedule.h"
#include "suggestion/fidelity/multi_fidelity_suggester.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/fidelity/tpe_configurations.h"
#include "suggestion/parameter_choice.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

std::vector<double> AmountsOf(const std::vector<PlannedBracket>& plan) {
  std::set<double> amounts;
  for (const PlannedBracket& bracket : plan) {
    for (const PlannedRung& rung : bracket) amounts.insert(rung.amount);
  }
  return {amounts.begin(), amounts.end()};
}

}  // namespace

AlgorithmDescriptor BohbAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "bohb";
  descriptor.summary =
      "The brackets of hyperband, with configurations by what was good with the greatest amount.";
  descriptor.source = "Falkner, Klein and Hutter, ICML 2018";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_fidelity = true;
  descriptor.settings = BracketSettings();
  descriptor.validate = CheckBrackets;
  descriptor.create = [](const SuggesterSpec& spec) {
    auto resource = std::make_shared<const Resource>(*ResourceOf(spec));
    HyperbandOptions brackets = BracketOptionsOf(spec, *resource);
    const TpeConfigurationsOptions options{
        .amounts = AmountsOf(brackets.plan),
        .random_fraction = 1.0 / 3,
        .trials_to_begin =
            static_cast<int64_t>(FreeParameters(*resource->configurations()).size()) + 3};
    MultiFidelityParts parts{
        .name = "bohb",
        .resource = resource,
        .scheduler = std::make_unique<HyperbandSchedule>(std::move(brackets)),
        .sampler = std::make_unique<TpeConfigurations>(spec, resource.get(), options)};
    return std::make_unique<MultiFidelitySuggester>(spec, std::move(parts));
  };
  AllowReports(&descriptor);
  return descriptor;
}

}  // namespace qalam
