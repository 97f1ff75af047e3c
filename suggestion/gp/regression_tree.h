#ifndef QALAM_SUGGESTION_GP_REGRESSION_TREE_H_
#define QALAM_SUGGESTION_GP_REGRESSION_TREE_H_

#include <vector>

#include "absl/types/span.h"
#include "core/random_stream.h"
#include "math/linear_algebra.h"

namespace qalam::gp {

struct TreeOptions {
  int max_depth = 32;
  // The fewest rows of a leaf.
  int min_leaf = 3;
  // Axes tried at each split.
  int axes_tried = 1;
  // One random threshold for each axis tried instead of the best one (Geurts et al., "Extremely
  // randomized trees", Machine Learning 63, 2006).
  bool random_thresholds = false;
};

// A tree that splits the space where that reduces the variance of the targets most (Breiman et al.,
// "Classification and regression trees", 1984). Ordered axes are split at a threshold, categorical
// ones into one category and the others.
class RegressionTree {
 public:
  struct Node {
    int axis = -1;         // -1: a leaf
    double threshold = 0;  // left: x <= threshold, or on a categorical axis x == threshold
    int left = -1;
    int right = -1;
    double mean = 0;      // of the targets
    double variance = 0;  // of the targets
  };

  // points: (n x axes); `rows`: those to learn from, possibly repeated, at least one.
  RegressionTree(const Matrix& points, const std::vector<bool>& categorical,
                 absl::Span<const double> targets, std::vector<int> rows,
                 const TreeOptions& options, RandomStream& random);

  // The index of the leaf that holds `x`.
  int Leaf(absl::Span<const double> x) const;
  const Node& node(int index) const { return nodes_[index]; }
  int size() const { return static_cast<int>(nodes_.size()); }

 private:
  class Builder;

  std::vector<bool> categorical_;
  std::vector<Node> nodes_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_REGRESSION_TREE_H_
