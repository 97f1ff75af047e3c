// Bayesian optimisation with a Gaussian process. The covariance is a Matern-5/2 function of all
// parameters with the lengthscale prior of Hvarfner et al. ("Vanilla Bayesian optimization performs
// great in high dimensions", ICML 2024) plus an additive part (Duvenaud et al., NeurIPS 2011);
// losses are warped by the data's choice; the acquisition is the logarithm of the expected
// improvement (Ament et al., NeurIPS 2023). Every fourth trial doubts the fitted model. Several
// losses and outcome constraints have models of their own; see gp/belief.h.

#include <algorithm>
#include <memory>
#include <string>

#include "suggestion/gp/bayes_settings.h"
#include "suggestion/gp/suggester.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// The centre of the space and four others: few, as the model soon knows better what to try than a
// design does, also with many parameters (docs/benchmarks.md).
constexpr int64_t kInitialPoints = 5;
// Where many trials run at a time.
constexpr int64_t kMostInitialPoints = 10;

}  // namespace

AlgorithmDescriptor GpAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "gp";
  descriptor.summary = "Learns the objective by a Gaussian process; best for costly trials.";
  descriptor.source =
      "Hvarfner et al., ICML 2024; Ament et al., NeurIPS 2023; Duvenaud et al., "
      "NeurIPS 2011";
  descriptor.capabilities.costly = true;
  descriptor.capabilities.multi_objective = true;
  descriptor.capabilities.transfers = true;
  descriptor.settings = gp::GpSettings();
  descriptor.create = [](const SuggesterSpec& spec) -> std::unique_ptr<Suggester> {
    const std::vector<SettingSpec> settings = gp::GpSettings();
    const SettingsReader reader(settings, spec.settings);
    gp::BayesOptions options =
        gp::WithAcquisition(reader.String("acq_func").value_or("EI"), gp::BayesOptions());
    options.initial_points = reader.Int("n_initial_points").value_or(kInitialPoints);
    if (spec.settings.count("n_initial_points") == 0 && spec.sources.empty()) {
      options.most_initial_points = std::min(int64_t{2} * spec.space->size(), kMostInitialPoints);
    }
    return std::make_unique<gp::BayesSuggester>(spec, "gp", options);
  };
  return descriptor;
}

}  // namespace qalam
