// Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio and Kegl, "Algorithms for
// hyper-parameter optimization", NeurIPS 2011), over all parameters jointly as in BOHB (Falkner,
// Klein and Hutter, ICML 2018). The density of the good trials proposes candidates, and the one
// that the good trials make most likely in comparison with the bad ones is tried next; trials that
// have not ended count as bad. Kernels, bandwidths and the fading of old trials follow Watanabe,
// "Tree-structured Parzen estimator: understanding its algorithm components" (arXiv 2304.11127).
//
// What differs: better trials weigh more among the good ones; bandwidths stay above a fiftieth of
// the range, or 1 / (2 m + 2) of it with m trials; more candidates than usual are compared; the
// kernels of labels narrow with the root of the number of trials only; `discrete` lists are
// ordered; where parameters have conditions, those that always exist decide which others do, and a
// trial says nothing of parameters that did not exist at it; the first trials are the middle and
// then a Sobol sequence; and no point is repeated while unseen ones are left.

#include <algorithm>
#include <memory>
#include <vector>

#include "suggestion/registry.h"
#include "suggestion/settings.h"
#include "suggestion/tpe/tpe_suggester.h"

namespace qalam {
namespace {

constexpr char kStartup[] = "n_startup_trials";
constexpr char kGamma[] = "gamma";
constexpr char kPriorWeight[] = "prior_weight";
constexpr char kKatibCandidates[] = "n_EI_candidates";
constexpr char kOptunaCandidates[] = "n_ei_candidates";
constexpr double kMostCandidates = 100000;

SettingSpec StartupSetting() {
  return {.name = kStartup,
          .type = SettingType::kInt,
          .default_value = "10",
          .min = 0,
          .help = "Trials that must have finished before the estimators are used."};
}

SettingSpec CandidatesSetting(const char* name, double min) {
  return {.name = name,
          .type = SettingType::kInt,
          .default_value = "64",
          .min = min,
          .max = kMostCandidates,
          .help = "Points drawn for each proposal, of which the most promising is taken."};
}

std::unique_ptr<Suggester> Create(const std::vector<SettingSpec>& specs, const char* candidates,
                                  const SuggesterSpec& spec) {
  const SettingsReader settings(specs, spec.settings);
  TpeOptions options;
  options.gamma = settings.Double(kGamma).value_or(options.gamma);
  options.prior_weight = settings.Double(kPriorWeight).value_or(options.prior_weight);
  // None means the least.
  options.candidates = std::max(1, static_cast<int>(settings.Int(candidates).value_or(0)));
  options.startup_trials = settings.Int(kStartup).value_or(options.startup_trials);
  return std::make_unique<TpeSuggester>(spec, options);
}

}  // namespace

AlgorithmDescriptor TpeAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "tpe";
  descriptor.summary = "Proposes what is more likely among the good trials than among the bad.";
  descriptor.source = "Bergstra et al., NeurIPS 2011; Watanabe, arXiv 2304.11127, 2023";
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {
      {.name = kGamma,
       .type = SettingType::kDouble,
       .default_value = "0.1",
       .min = 0,
       .max = 1,
       .min_exclusive = true,
       .max_exclusive = true,
       .help = "Share of the finished trials that count as good, rounded up, at most 25 of them."},
      {.name = kPriorWeight,
       .type = SettingType::kDouble,
       .default_value = "1",
       .min = 0,
       .min_exclusive = true,
       .help = "Weight of the declared distributions in the estimators, in trials."},
      CandidatesSetting(kKatibCandidates, 1),
      StartupSetting(),
      RandomStateSetting()};
  descriptor.create = [specs = descriptor.settings](const SuggesterSpec& spec) {
    return Create(specs, kKatibCandidates, spec);
  };
  return descriptor;
}

AlgorithmDescriptor MultivariateTpeAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "multivariate-tpe";
  descriptor.summary = "The same as tpe, under the name and with the settings of Katib's Optuna.";
  descriptor.source = "Falkner et al., ICML 2018; Watanabe, arXiv 2304.11127, 2023";
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {CandidatesSetting(kOptunaCandidates, 0), StartupSetting(),
                         RandomStateSetting()};
  descriptor.create = [specs = descriptor.settings](const SuggesterSpec& spec) {
    return Create(specs, kOptunaCandidates, spec);
  };
  return descriptor;
}

}  // namespace qalam
