#ifndef QALAM_SUGGESTION_GP_FOREST_H_
#define QALAM_SUGGESTION_GP_FOREST_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"
#include "suggestion/gp/output_warp.h"
#include "suggestion/gp/regression_tree.h"
#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

enum class TreeKind {
  kRandomForest,  // Breiman, Machine Learning 45, 2001
  kExtraTrees,    // Geurts et al., Machine Learning 63, 2006
  kBoosted,       // Friedman, Annals of Statistics 29, 2001, of three quantiles
};

// A prediction in warped losses (see OutputWarp); the deviation is positive.
struct TreePrediction {
  double mean = 0;
  double deviation = 0;
};

// Regression trees as a model of the objective. A forest predicts the mean over its trees, and by
// the law of total variance what the trees and their leaves vary by (Hutter et al., "Algorithm
// runtime prediction", Artificial Intelligence 206, 2014, section 4.3.2). Boosted trees predict the
// median and half the distance between the quantiles 0.16 and 0.84.
//
// Failed trials count as the worst loss; pending ones and the batch as the median loss, which keeps
// others away from them. Of many trials the best and an even choice of the others are used.
class TreeModel {
 public:
  // Requires a trial with a loss. `batch`: points proposed in this request already, encoded.
  TreeModel(const TrialTable& table, absl::Span<const std::vector<double>> batch, TreeKind kind,
            uint64_t seed);

  TreePrediction Predict(absl::Span<const double> x) const;
  const OutputWarp& warp() const { return warp_; }
  // The least warped loss.
  double best() const { return best_; }

 private:
  // Boosted trees of one quantile: the first guess and what each tree adds at each of its nodes.
  struct Boosted {
    double start = 0;
    std::vector<RegressionTree> trees;
    std::vector<std::vector<double>> additions;
  };

  void Collect(const TrialTable& table, absl::Span<const std::vector<double>> batch);
  void GrowForest(TreeKind kind, RandomStream& random);
  Boosted Boost(double quantile, RandomStream& random) const;
  static double PredictBoosted(const Boosted& boosted, absl::Span<const double> x);

  OutputWarp warp_;
  double best_ = 0;
  std::vector<bool> categorical_;
  Matrix points_;  // (n x axes)
  std::vector<double> values_;
  std::vector<RegressionTree> forest_;
  std::vector<Boosted> boosted_;  // of the three quantiles; empty for forests
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_FOREST_H_
