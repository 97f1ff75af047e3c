#ifndef QALAM_SUGGESTION_GP_MODEL_H_
#define QALAM_SUGGESTION_GP_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/gp/fit.h"
#include "suggestion/gp/output_warp.h"
#include "suggestion/gp/posterior.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// Hyperparameters and the warp of values that they belong to, of one target of a TrialTable.
struct FittedModel {
  OutputWarp warp;
  KernelParameters parameters;
};

// How many of `count` trials with a loss a model is fitted to: all up to 20, then the largest of a
// series that grows by 8 % a step. So fits become rare as they become expensive, and which fit a
// suggestion uses is a function of the history.
int FittedCount(int count);
// How many of them are fitted to from nothing, the warp chosen anew: as many up to 60, then the
// largest of a series that grows by 25 % a step. Other fits begin where that one ended, which takes
// a few steps. So a new instance has to make two fits at most, however long the history.
int AnchorCount(int count);

// At most `wanted` of the given trials, which have losses: the best 2/5 by a target (of a
// constraint: those nearest to its bound), and evenly many of the others; in order of number.
std::vector<int> BestAndSpread(const TrialTable& table, int target, std::vector<int> trials,
                               int wanted);

// The given trials, which have the target, as data of a fit.
FitData MakeFitData(const TrialTable& table, int target, const std::vector<int>& trials,
                    const OutputWarp& warp);

// The fit that a history calls for, kept as long as it calls for the same.
class ModelCache {
 public:
  // Requires a trial with a loss.
  const FittedModel& Get(const TrialTable& table, int target);

 private:
  struct Entry {
    std::optional<uint64_t> key;
    FittedModel model;
  };
  Entry anchor_;
  Entry latest_;
};

// The same model in doubt of itself: shorter lengthscales and a signal that is not small. A model
// fitted to points around one optimum is often sure that there is no other; every few trials one is
// chosen by the doubting model, so that no place is left out for good (after Bull, "Convergence
// rates of efficient global optimization algorithms", JMLR 12, 2011, section 3). `level` 0, 1, 2,
// ... takes turns between mild and strong doubt.
KernelParameters Doubted(KernelParameters parameters, int64_t level);

// The trials that posteriors are made from.
struct Evidence {
  // With a loss or failed, in order of number. All up to 500; of more the nearest to the best ones
  // and an even choice of the others.
  std::vector<int> trials;
  // The encoded points of the latest pending trials and of the batch.
  std::vector<absl::Span<const double>> pending;
};

// `model` tells which trials are near each other. `batch`: points proposed in this request already,
// encoded; must outlive the result.
Evidence CollectEvidence(const TrialTable& table, const FittedModel& model,
                         absl::Span<const std::vector<double>> batch);

// Names the random outcomes of pending trials.
struct FantasyOptions {
  uint64_t seed = 0;
  int64_t number = 0;
  int count = 16;
};

// A model of what a prior mean leaves unexplained: the variances of the function shrink by the
// share of the losses' variance that it explains.
FittedModel WithPriorMean(const TrialTable& table, FittedModel model, const PriorMean& mean);

// The posterior of a target given the evidence: trials that have the target at their warped value
// (partial ones with more noise), failed ones at a pessimistic value, pending ones as fantasies.
// `mean` may be null, and so may `cache`. `observed`, unless null: which of evidence.trials are its
// rows before the pending ones.
Posterior MakePosterior(const TrialTable& table, int target, const FittedModel& model,
                        const Evidence& evidence, const FantasyOptions& options,
                        std::shared_ptr<const PriorMean> mean = nullptr,
                        std::vector<int>* observed = nullptr, CovarianceCache* cache = nullptr);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_MODEL_H_
