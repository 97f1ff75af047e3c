#ifndef QALAM_SUGGESTION_GP_OUTLOOK_H_
#define QALAM_SUGGESTION_GP_OUTLOOK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/history.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// Whether a search is worth going on with: whether a Gaussian process of its results, whoever
// proposed them, gives anything a chance to be better than what was found by more than some amount
// (Wilson, "Stopping Bayesian optimization with probabilistic regret bounds", NeurIPS 2024; the
// noise of the results as the amount after Makarova et al., "Automatic termination for
// hyperparameter optimization", AutoML 2022). Possible worlds are drawn from the model, jointly at
// the points that were tried and at those that promise most; in nine of ten the best one must gain
// less. The expected improvement of the next trial alone falls below any noise long before the
// search has come to its end.
//
// Models are often too sure of themselves, so this must hold three times in a row. Judged are the
// first n results in order of number, n being 20, 25, 30, ... and from 50 on one of a series that
// grows by a tenth: a verdict is a function of the history, and most cost nothing. Trials that run
// do not count.
class Outlook {
 public:
  // `objective`: of one metric. `below`: the amount, in units of the metric, above 0; nothing: the
  // deviation of the noise that the model finds in the results.
  Outlook(std::shared_ptr<const SearchSpace> space, Objective objective, uint64_t seed,
          std::optional<double> below);

  // Why the search is not worth going on with, a sentence without a full stop; "" while it is.
  std::string Verdict(const History& history);

 private:
  // One of the last sizes that were judged.
  struct Judgement {
    uint64_t hash = 0;  // of the results
    std::string why;    // "" where there is a chance left
  };
  // What each target may be like in possible worlds.
  struct Worlds {
    std::vector<Posterior> targets;
    std::vector<double> bounds;  // warped, of the constraints
    std::vector<int> observed;   // the trials of the first rows; promising points come after
  };

  // The judgement of the first `size` results.
  const std::string& JudgeFirst(const History& history, int size);
  std::string Judge(const History& results, int size);
  // Points that promise an improvement, encoded.
  std::vector<std::vector<double>> Promising(const std::vector<FittedModel>& models,
                                             int size) const;
  Posterior WorldsOf(int target, const Posterior& known, int size) const;
  Worlds Imagine(const std::vector<FittedModel>& models, int size) const;
  bool IsFeasible(const Worlds& worlds, int row, int world) const;
  // The row with the least mean over the worlds, of trials that keep to the constraints; -1 where
  // there is none.
  int BestRow(const Worlds& worlds) const;
  // In how many worlds something is better than the best row by `worth` or more.
  int WorldsWithGain(const Worlds& worlds, double worth) const;

  std::shared_ptr<const SearchSpace> space_;
  Objective objective_;
  uint64_t seed_;
  std::optional<double> below_;
  TrialTable table_;
  std::vector<ModelCache> models_;       // one for each target
  std::map<int, Judgement> judgements_;  // by size
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_OUTLOOK_H_
