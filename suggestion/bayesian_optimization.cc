// Katib's bayesianoptimization, with the settings that it passes to scikit-optimize's Optimizer.
// Differs in the models: the Gaussian process is that of `gp`, and pending trials are taken into
// account by all of them.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "suggestion/gp/bayes_settings.h"
#include "suggestion/gp/suggester.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

gp::Estimator EstimatorOf(absl::string_view name) {
  if (name == "RF") return gp::Estimator::kRandomForest;
  if (name == "ET") return gp::Estimator::kExtraTrees;
  if (name == "GBRT") return gp::Estimator::kBoostedTrees;
  return gp::Estimator::kGaussianProcess;
}

absl::Status ValidateBayes(const SuggesterSpec& spec) {
  const std::vector<SettingSpec> settings = gp::BayesSettings();
  const SettingsReader reader(settings, spec.settings);
  const std::string estimator = reader.String("base_estimator").value_or("GP");
  if (reader.String("acq_optimizer") == "lbfgs" && estimator != "GP") {
    return absl::InvalidArgumentError(
        absl::StrCat("acq_optimizer is lbfgs, which needs a gradient, but base_estimator ",
                     estimator, " has none; use acq_optimizer auto or sampling"));
  }
  if (spec.objective.count() > 1 && estimator != "GP") {
    return absl::InvalidArgumentError(
        absl::StrCat("base_estimator ", estimator, " models one objective, but the experiment has ",
                     spec.objective.count(), "; use base_estimator GP"));
  }
  return absl::OkStatus();
}

}  // namespace

AlgorithmDescriptor BayesianOptimizationAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "bayesianoptimization";
  descriptor.summary = "Bayesian optimisation with Katib's settings and a choice of models.";
  descriptor.source =
      "Shahriari et al., Proceedings of the IEEE 104, 2016; Hoffman et al., UAI "
      "2011";
  descriptor.capabilities.costly = true;
  descriptor.capabilities.multi_objective = true;
  descriptor.capabilities.transfers = true;
  descriptor.settings = gp::BayesSettings();
  descriptor.validate = ValidateBayes;
  descriptor.create = [](const SuggesterSpec& spec) -> std::unique_ptr<Suggester> {
    const std::vector<SettingSpec> settings = gp::BayesSettings();
    const SettingsReader reader(settings, spec.settings);
    gp::BayesOptions options =
        gp::WithAcquisition(reader.String("acq_func").value_or("gp_hedge"), gp::BayesOptions());
    options.estimator = EstimatorOf(reader.String("base_estimator").value_or("GP"));
    options.initial_points = reader.Int("n_initial_points").value_or(10);
    options.sampling_only = reader.String("acq_optimizer") == "sampling";
    return std::make_unique<gp::BayesSuggester>(spec, "bayesianoptimization", options);
  };
  return descriptor;
}

}  // namespace qalam
