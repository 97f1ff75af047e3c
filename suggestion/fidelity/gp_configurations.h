#ifndef QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_
#define QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
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
//
// Outcome constraints have models of their own, of all amounts too. What has to be beaten is then
// the best of what is believed to keep to them with the most of the resource, and the improvement
// counts times the probability of keeping to them there; while nothing is believed to, that alone
// counts.
class GpConfigurations final : public ConfigurationSampler {
 public:
  // `amounts`: of the rungs, increasing. `resource` must outlive the sampler.
  GpConfigurations(const SuggesterSpec& spec, const Resource* resource,
                   std::vector<double> amounts);

  absl::StatusOr<Suggestion> Sample(const History& history, double amount) override;

 private:
  // What the models say at the time of one suggestion.
  struct Belief {
    std::vector<gp::Posterior> posteriors;  // of the loss, then of each constraint
    std::vector<double> bounds;             // of the constraints, warped
  };
  // The points of configurations that were tried; where one was tried with the most of the
  // resource, whether it kept to the constraints.
  using TriedPoints = std::map<std::vector<double>, std::optional<bool>>;
  // What new configurations have to beat, and where to look for them first.
  struct Incumbents {
    std::vector<double> losses;  // the least, one for each fantasy; empty: none is feasible
    std::vector<std::vector<double>> points;
  };

  double RungOf(double amount) const;
  bool IsAtTop(int trial) const;
  bool AnyAtTop() const;
  std::optional<Suggestion> FromModel(const History& history);
  std::vector<gp::FittedModel> FitModels(int64_t number);
  Belief BeliefOf(const std::vector<gp::FittedModel>& models, const gp::Evidence& evidence,
                  int64_t number) const;
  TriedPoints Tried(const gp::Evidence& evidence) const;
  // Points of the models' space.
  Matrix AtTop(const Matrix& configurations) const;
  // Logarithms of the probabilities that configurations keep to all constraints at the top.
  std::vector<double> LogFeasibility(const Belief& belief, const Matrix& configurations) const;
  Incumbents IncumbentsOf(const TriedPoints& tried, const Belief& belief) const;
  Assignment ConfigurationAt(const gp::FoundPoint& found) const;
  std::optional<gp::FoundPoint> FirstUnseen(const History& history,
                                            const std::vector<gp::FoundPoint>& found);
  std::string Explain(const gp::FoundPoint& found, const Belief& belief, bool any_feasible) const;
  gp::SearchTarget TargetOf(const gp::Acquisition& acquisition) const;

  const Resource* resource_;
  std::vector<double> amounts_;
  uint64_t seed_;
  RandomConfigurations random_;
  ToldHistory tried_;
  ToldHistory told_;                    // with rungs in the place of amounts
  std::optional<FiniteSpace> finite_;   // the configurations
  gp::Encoding encoding_;               // of configurations
  gp::TrialTable table_;                // of trials
  int rung_axis_;                       // of the table's encoding; -1 where there is one rung only
  std::vector<gp::ModelCache> models_;  // one for each target
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_GP_CONFIGURATIONS_H_
