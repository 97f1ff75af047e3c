#ifndef QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_
#define QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/gp/acquisition.h"
#include "suggestion/gp/encoding.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/posterior.h"
#include "suggestion/gp/search.h"
#include "suggestion/gp/trial_table.h"

namespace qalam {

// Configurations by a Gaussian process of what was measured with any amount: the rung is one more
// input of the model. The one is taken that promises to be best with the most of the resource, by
// expected improvement over the least loss that is predicted there for what was tried. A third is
// drawn at random, and all are until the first trial has come to the top.
class GpConfigurations final : public ConfigurationSampler {
 public:
  // `amounts`: of the rungs, increasing. `resource` must outlive the sampler.
  GpConfigurations(const SuggesterSpec& spec, const Resource* resource,
                   std::vector<double> amounts);

  absl::StatusOr<Suggestion> Sample(const History& history, double amount) override;

 private:
  double RungOf(double amount) const;
  bool AnyAtTop() const;
  std::optional<Suggestion> FromModel(const History& history);
  // Points of configurations that were tried, and those of the model's space for some amount.
  std::vector<std::vector<double>> Tried(const gp::Evidence& evidence) const;
  Matrix AtTop(const Matrix& configurations) const;
  // What new configurations have to beat, and where the best ones are.
  struct Incumbents {
    std::vector<double> losses;  // the least, one for each fantasy
    std::vector<std::vector<double>> points;
  };
  Incumbents IncumbentsOf(const std::vector<std::vector<double>>& tried,
                          const gp::Posterior& posterior) const;
  std::optional<Suggestion> FirstUnseen(const History& history,
                                        const std::vector<gp::FoundPoint>& found);
  gp::SearchTarget TargetOf(const gp::Acquisition& acquisition) const;

  const Resource* resource_;
  std::vector<double> amounts_;
  uint64_t seed_;
  RandomConfigurations random_;
  ToldHistory tried_;
  ToldHistory told_;                   // with rungs in the place of amounts
  std::optional<FiniteSpace> finite_;  // the configurations
  gp::Encoding encoding_;              // of configurations
  gp::TrialTable table_;               // of trials
  int rung_axis_;                      // of the table's encoding; -1 where there is one rung only
  gp::ModelCache model_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_
