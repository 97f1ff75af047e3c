#ifndef QALAM_SUGGESTION_GP_MODEL_H_
#define QALAM_SUGGESTION_GP_MODEL_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/gp/fit.h"
#include "suggestion/gp/output_warp.h"
#include "suggestion/gp/posterior.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// Hyperparameters and the warp of losses that they belong to.
struct FittedModel {
  OutputWarp warp;
  KernelParameters parameters;
};

// How many of `count` trials with a loss a model is fitted to: all up to 20, then the largest of a
// series that grows by 8 % a step. So fits become rare as they become expensive, and which fit a
// suggestion uses is a function of the history.
int FittedCount(int count);

// At most `wanted` of the given trials, which have losses: the best 2/5, and evenly many of the
// others; in order of number.
std::vector<int> BestAndSpread(const TrialTable& table, std::vector<int> trials, int wanted);

// Fits to the first `count` trials with a loss, count >= 1: chooses the warp by the leave-one-out
// density of the losses, then the hyperparameters. Many trials are thinned out to the best and an
// even choice of the others.
FittedModel FitModel(const TrialTable& table, int count);

// The fit that a history calls for, kept as long as it calls for the same.
class ModelCache {
 public:
  // Requires a trial with a loss.
  const FittedModel& Get(const TrialTable& table);

 private:
  std::optional<uint64_t> key_;
  FittedModel model_;
};

// The same model in doubt of itself: shorter lengthscales and a signal that is not small. A model
// fitted to points around one optimum is often sure that there is no other; every few trials one is
// chosen by the doubting model, so that no place is left out for good (after Bull, "Convergence
// rates of efficient global optimization algorithms", JMLR 12, 2011, section 3). `level` 0, 1, 2,
// ... takes turns between mild and strong doubt.
KernelParameters Doubted(KernelParameters parameters, int64_t level);

// What the posterior of one request is made from.
struct PosteriorRequest {
  // Points proposed in this request already, encoded.
  absl::Span<const std::vector<double>> batch;
  uint64_t seed = 0;
  int64_t number = 0;
};

// The posterior given all trials: those with a loss at their warped loss (partial ones with more
// noise), failed ones at a pessimistic value, pending ones and the batch as fantasies. Beyond
// 1000 trials it is a local model: the trials nearest to the best, and an even choice of the
// others. Requires a trial with a loss.
Posterior MakePosterior(const TrialTable& table, const FittedModel& model,
                        const PosteriorRequest& request);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_MODEL_H_
