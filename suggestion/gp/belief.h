#ifndef QALAM_SUGGESTION_GP_BELIEF_H_
#define QALAM_SUGGESTION_GP_BELIEF_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/gp/acquisition.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// How one suggestion is to be chosen.
struct BeliefOptions {
  // Of a single loss.
  AcquisitionKind kind = AcquisitionKind::kLogExpectedImprovement;
  // Points proposed in this request already, encoded; must outlive the construction.
  absl::Span<const std::vector<double>> batch;
  // Names random choices.
  uint64_t seed = 0;
  int64_t number = 0;
  // Of the first loss, warped; may be null.
  std::shared_ptr<const PriorMean> mean;
  // One for each target, or null: from the suggestion before.
  std::vector<CovarianceCache>* covariances = nullptr;
};

// What Gaussian processes, one for each target, say at the time of one suggestion, and what makes a
// point worth trying:
// * one loss: AcquisitionKind. The best value so far is the least *predicted* value of an observed
//   or pending point that keeps to the constraints, so that one lucky measurement does not set the
//   mark. Where measurements are noisy, an improvement is averaged over what the function itself
//   may be like (Letham et al., "Constrained Bayesian optimization with noisy experiments",
//   Bayesian Analysis 14, 2019), constraints apart;
// * several losses: the expected growth of the hypervolume over the predicted front. It is measured
//   in warped losses up to a point a tenth of the front's extent beyond its worst; of every sixth
//   trial from the 30th on it is measured farther, where parts of the front may be that are not
//   known. Of five losses or more, and of four when more than 100 trials are on the front, it is
//   measured along random directions, drawn anew for each trial;
// * outcome constraints: times the probability of keeping to them; nothing but that as long as no
//   trial does.
class Belief {
 public:
  // `models`: one for each target. Requires a trial with a loss.
  Belief(const TrialTable& table, const std::vector<FittedModel>& models,
         const BeliefOptions& options);

  const std::vector<Posterior>& posteriors() const { return posteriors_; }
  const Acquisition& acquisition() const { return *acquisition_; }
  // Whether improvements are averaged over possible worlds, as measurements are noisy.
  bool noisy() const { return !worlds_.empty(); }
  // Encoded points that are worth searching around, the most promising first; at least one.
  const std::vector<std::vector<double>>& centers() const { return centers_; }
  // The probability that a point keeps to all constraints.
  double ProbabilityOfFeasibility(absl::Span<const double> point) const;

 private:
  void ImagineWorlds(const BeliefOptions& options);
  // What the acquisition is made of.
  const std::vector<Posterior>& judged() const { return noisy() ? worlds_ : posteriors_; }
  std::unique_ptr<Merit> MeritOfLosses(const BeliefOptions& options) const;
  std::unique_ptr<Merit> MeritOfFront(const BeliefOptions& options) const;
  std::vector<int> FeasibleRows(int fantasy) const;
  std::vector<double> LossesAt(const std::vector<int>& rows, int fantasy) const;
  void FindCenters();

  const TrialTable& table_;
  std::vector<Posterior> posteriors_;
  std::vector<Posterior> worlds_;  // of noisy measurements of a single target, else empty
  std::vector<int> observed_;      // trials of the first rows of the losses' posteriors
  std::vector<double> bounds_;     // warped, of the constraints
  bool any_feasible_ = false;
  std::unique_ptr<Acquisition> acquisition_;
  std::vector<std::vector<double>> centers_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_BELIEF_H_
