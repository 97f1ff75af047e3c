// Population based training (Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals,
// Green, Dunning, Simonyan, Fernando and Kavukcuoglu, "Population based training of neural
// networks", arXiv 1711.09846, 2017): members are trained side by side, a trial at a time; those
// that do badly take over the weights and hyperparameters of those that do well, with changes. What
// differs in when that is decided is told in population/members.h.
//
// Katib's settings and labels. Unlike there, the loser gets the winner's weights, as in the paper;
// every type of parameter is changed in every generation; and resample_probability works.

#include <memory>
#include <utility>

#include "suggestion/population/explorer.h"
#include "suggestion/population/population_suggester.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kResampleSetting[] = "resample_probability";

std::vector<SettingSpec> PbtSettings() {
  std::vector<SettingSpec> settings = PopulationSettings();
  settings.insert(settings.end() - 1,
                  {.name = kResampleSetting,
                   .type = SettingType::kDouble,
                   .min = 0,
                   .max = 1,
                   .help = "How likely each value is drawn anew where a member takes over from "
                           "another one; else it is multiplied by 0.8 or 1.2."});
  return settings;
}

}  // namespace

AlgorithmDescriptor PbtAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "pbt";
  descriptor.summary =
      "Trains a population whose worst members take over weights and values of the best, changed.";
  descriptor.source = "Jaderberg et al., arXiv 1711.09846";
  descriptor.capabilities.may_repeat = true;
  descriptor.capabilities.transfers = true;
  descriptor.settings = PbtSettings();
  descriptor.create = [](const SuggesterSpec& spec) {
    const std::vector<SettingSpec> specs = PbtSettings();
    const std::optional<double> resample =
        SettingsReader(specs, spec.settings).Double(kResampleSetting);
    return std::make_unique<PopulationSuggester>(
        spec, "pbt", std::make_unique<PerturbingExplorer>(resample, EffectiveSeed(spec)));
  };
  return descriptor;
}

}  // namespace qalam
