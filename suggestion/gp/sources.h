#ifndef QALAM_SUGGESTION_GP_SOURCES_H_
#define QALAM_SUGGESTION_GP_SOURCES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/posterior.h"
#include "suggestion/gp/prior_mean.h"
#include "suggestion/gp/trial_table.h"
#include "suggestion/registry.h"

namespace qalam::gp {

// What earlier experiments say of this one: a Gaussian process of each, of losses warped to mean 0
// and deviation 1, since only their order and shape mean anything.
//
// Their weighted sum is the prior mean of this experiment's process. The weights follow RGPE
// (Feurer et al., "Practical transfer learning for Bayesian optimization", arXiv:1802.02219): the
// share of bootstrap samples of this experiment's trials of which an earlier experiment tells the
// order best, this experiment's own process, by leave-one-out, being a candidate as well. Differs
// in that the process learns the residuals, so that an earlier experiment that is right up to a
// detail is used to the full, and one that misleads is first outvoted and then corrected.
class Sources {
 public:
  // Sources without points are left out; of many, the first 8 count.
  Sources(const std::shared_ptr<const SearchSpace>& space,
          absl::Span<const std::shared_ptr<const SourceTrials>> sources);

  bool empty() const { return processes_.empty(); }
  // Weights of the sources, each at least 0, for the warped losses of a table of which `model` is
  // the process. `seed` names the bootstrap samples.
  std::vector<double> Weights(const TrialTable& table, const FittedModel& model,
                              uint64_t seed) const;
  // The weighted sum; null when all weights are 0. Shares the processes.
  std::shared_ptr<const PriorMean> Mean(const std::vector<double>& weights) const;

 private:
  std::vector<std::shared_ptr<const Posterior>> processes_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_SOURCES_H_
