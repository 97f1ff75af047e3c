#include "suggestion/gp/bayes_settings.h"

#include "suggestion/settings.h"

namespace qalam::gp {

std::vector<SettingSpec> GpSettings() {
  return {{.name = "n_initial_points",
           .type = SettingType::kInt,
           .default_value = "5",
           .min = 0,
           .help = "Trials that fill the space before the model proposes; unless it is set, up to "
                   "10 while fewer than 5 have a result."},
          {.name = "acq_func",
           .default_value = "EI",
           .choices = {"EI", "PI", "LCB", "gp_hedge"},
           .help = "What is maximised: expected or probability of improvement, lower confidence "
                   "bound, or a portfolio of the three. Several objectives are always searched by "
                   "the expected growth of the hypervolume."},
          RandomStateSetting()};
}

std::vector<SettingSpec> BayesSettings() {
  return {{.name = "base_estimator",
           .default_value = "GP",
           .choices = {"GP", "RF", "ET", "GBRT"},
           .help = "The model: Gaussian process, random forest, extremely randomised trees or "
                   "gradient boosted trees."},
          {.name = "n_initial_points",
           .type = SettingType::kInt,
           .default_value = "10",
           .min = 0,
           .help = "Trials that fill the space before the model proposes."},
          {.name = "acq_func",
           .default_value = "gp_hedge",
           .choices = {"gp_hedge", "LCB", "EI", "PI", "EIps", "PIps"},
           .help = "What is maximised; gp_hedge is a portfolio of EI, LCB and PI; EIps and PIps "
                   "take all trials to last equally long, so they are EI and PI."},
          {.name = "acq_optimizer",
           .default_value = "auto",
           .choices = {"auto", "sampling", "lbfgs"},
           .help = "How that is done: by samples alone, or from the best of them by gradient; auto "
                   "uses the gradient where the model has one."},
          RandomStateSetting()};
}

BayesOptions WithAcquisition(absl::string_view name, BayesOptions options) {
  options.portfolio = name == "gp_hedge";
  if (name == "PI" || name == "PIps") {
    options.acquisition = AcquisitionKind::kLogProbabilityOfImprovement;
  } else if (name == "LCB") {
    options.acquisition = AcquisitionKind::kLowerConfidenceBound;
  } else {
    options.acquisition = AcquisitionKind::kLogExpectedImprovement;
  }
  return options;
}

}  // namespace qalam::gp
