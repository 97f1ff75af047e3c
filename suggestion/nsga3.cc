// NSGA-III (Deb and Jain, IEEE Transactions on Evolutionary Computation 18, 2014), for three and
// more objectives: survivors are spread over reference directions. Mixed spaces, parents and no
// waiting for generations as in nsga2.

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "suggestion/multi_objective/front_cuts.h"
#include "suggestion/multi_objective/nsga_suggester.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kDivisions[] = "dividing_parameter";
constexpr int kMostDirections = 10000;

int Divisions(const SuggesterSpec& spec, const std::vector<SettingSpec>& settings) {
  return static_cast<int>(SettingsReader(settings, spec.settings).Int(kDivisions).value_or(0));
}

// Many objectives make many directions out of few divisions.
absl::Status CheckDirections(const SuggesterSpec& spec, const std::vector<SettingSpec>& settings) {
  const int divisions = Divisions(spec, settings);
  if (divisions == 0) return absl::OkStatus();
  if (SimplexPointCount(spec.objective.count(), divisions, kMostDirections + 1) > kMostDirections) {
    return absl::InvalidArgumentError(
        absl::StrCat("setting ", kDivisions, ": ", divisions, " with ", spec.objective.count(),
                     " objectives makes more than ", kMostDirections,
                     " reference directions; give a smaller one or leave it out"));
  }
  return absl::OkStatus();
}

}  // namespace

AlgorithmDescriptor Nsga3Algorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "nsga3";
  descriptor.summary =
      "Breeds trials from those that nothing dominates, spread over reference directions, for "
      "three "
      "and more objectives.";
  descriptor.source = "Deb and Jain, IEEE TEC 18, 2014";
  descriptor.capabilities.multi_objective = true;
  descriptor.capabilities.transfers = true;
  descriptor.settings = NsgaSettings();
  descriptor.settings.insert(
      descriptor.settings.end() - 1,
      {.name = kDivisions,
       .type = SettingType::kInt,
       .default_value = "",
       .min = 1,
       .max = kMostDirections,
       .help = "Divisions of each edge between two objectives, at whose ends reference directions "
               "lie; without it, the least that make as many directions as the population."});
  descriptor.validate = [settings = descriptor.settings](const SuggesterSpec& spec) {
    return CheckDirections(spec, settings);
  };
  descriptor.create = [settings = descriptor.settings](const SuggesterSpec& spec) {
    NsgaOptions options = ReadNsgaSettings(spec, settings);
    options.name = "nsga3";
    options.cut = NicheCut(EffectiveSeed(spec), Divisions(spec, settings), options.population_size);
    return std::make_unique<NsgaSuggester>(spec, std::move(options));
  };
  return descriptor;
}

}  // namespace qalam
