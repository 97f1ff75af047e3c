#include "suggestion/gp/regression_tree.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace qalam::gp {
namespace {

// Sums over rows from which means and variances follow.
struct Sums {
  double count = 0;
  double sum = 0;
  double squares = 0;

  void Add(double target) {
    ++count;
    sum += target;
    squares += target * target;
  }
  // The sum of squared distances from the mean.
  double Spread() const { return count > 0 ? std::max(0.0, squares - sum * sum / count) : 0; }
};

struct Split {
  int axis = -1;
  double threshold = 0;
  double spread = std::numeric_limits<double>::infinity();  // of both sides together
};

}  // namespace

class RegressionTree::Builder {
 public:
  Builder(const Matrix& points, const std::vector<bool>& categorical,
          absl::Span<const double> targets, const TreeOptions& options, RandomStream& random,
          std::vector<Node>& nodes)
      : points_(points),
        categorical_(categorical),
        targets_(targets),
        options_(options),
        random_(random),
        nodes_(nodes) {}

  int Build(absl::Span<int> rows, int depth) {
    Sums sums;
    for (const int row : rows) sums.Add(targets_[row]);
    const int index = static_cast<int>(nodes_.size());
    nodes_.push_back({.mean = sums.sum / sums.count, .variance = sums.Spread() / sums.count});
    if (depth >= options_.max_depth || static_cast<int>(rows.size()) < 2 * options_.min_leaf ||
        nodes_[index].variance <= 0) {
      return index;
    }
    const Split split = BestSplit(rows);
    if (split.axis < 0) return index;
    const auto middle = std::stable_partition(rows.begin(), rows.end(), [&](int row) {
      return GoesLeft(split, points_(row, split.axis));
    });
    const size_t left = static_cast<size_t>(middle - rows.begin());
    nodes_[index].axis = split.axis;
    nodes_[index].threshold = split.threshold;
    const int left_node = Build(rows.subspan(0, left), depth + 1);
    const int right_node = Build(rows.subspan(left), depth + 1);
    nodes_[index].left = left_node;
    nodes_[index].right = right_node;
    return index;
  }

 private:
  bool GoesLeft(const Split& split, double x) const {
    return categorical_[split.axis] ? x == split.threshold : x <= split.threshold;
  }

  Split BestSplit(absl::Span<const int> rows) {
    std::vector<int> axes(categorical_.size());
    std::iota(axes.begin(), axes.end(), 0);
    Split best;
    int tried = 0;
    // Axes without any split here do not count as tried.
    for (size_t k = 0; k < axes.size() && tried < options_.axes_tried; ++k) {
      std::swap(axes[k], axes[k + random_.Below(axes.size() - k)]);
      const Split split = options_.random_thresholds || categorical_[axes[k]]
                              ? RandomSplit(rows, axes[k])
                              : BestThreshold(rows, axes[k]);
      if (split.axis >= 0) ++tried;
      if (split.spread < best.spread) best = split;
    }
    return best;
  }

  // At the value of a random row, or between the extremes of an ordered axis.
  Split RandomSplit(absl::Span<const int> rows, int axis) {
    double least = points_(rows.front(), axis);
    double most = least;
    for (const int row : rows) {
      least = std::min(least, points_(row, axis));
      most = std::max(most, points_(row, axis));
    }
    if (least == most) return {};
    Split split{.axis = axis};
    split.threshold = categorical_[axis] ? points_(rows[random_.Below(rows.size())], axis)
                                         : least + (most - least) * random_.Uniform();
    Sums left;
    Sums right;
    for (const int row : rows) {
      (GoesLeft(split, points_(row, axis)) ? left : right).Add(targets_[row]);
    }
    if (std::min(left.count, right.count) < options_.min_leaf) return {};
    split.spread = left.Spread() + right.Spread();
    return split;
  }

  Split BestThreshold(absl::Span<const int> rows, int axis) {
    std::vector<int> sorted(rows.begin(), rows.end());
    std::sort(sorted.begin(), sorted.end(), [&](int a, int b) {
      return points_(a, axis) != points_(b, axis) ? points_(a, axis) < points_(b, axis) : a < b;
    });
    Sums all;
    for (const int row : sorted) all.Add(targets_[row]);
    Sums left;
    Split best;
    for (size_t i = 0; i + 1 < sorted.size(); ++i) {
      left.Add(targets_[sorted[i]]);
      const double here = points_(sorted[i], axis);
      const double next = points_(sorted[i + 1], axis);
      const Sums right{all.count - left.count, all.sum - left.sum, all.squares - left.squares};
      if (here == next || std::min(left.count, right.count) < options_.min_leaf) continue;
      const double spread = left.Spread() + right.Spread();
      if (spread < best.spread) best = {axis, here + 0.5 * (next - here), spread};
    }
    return best;
  }

  const Matrix& points_;
  const std::vector<bool>& categorical_;
  absl::Span<const double> targets_;
  const TreeOptions& options_;
  RandomStream& random_;
  std::vector<Node>& nodes_;
};

RegressionTree::RegressionTree(const Matrix& points, const std::vector<bool>& categorical,
                               absl::Span<const double> targets, std::vector<int> rows,
                               const TreeOptions& options, RandomStream& random)
    : categorical_(categorical) {
  Builder(points, categorical_, targets, options, random, nodes_).Build(absl::MakeSpan(rows), 0);
}

int RegressionTree::Leaf(absl::Span<const double> x) const {
  int index = 0;
  while (nodes_[index].axis >= 0) {
    const Node& node = nodes_[index];
    const double value = x[node.axis];
    const bool left = categorical_[node.axis] ? value == node.threshold : value <= node.threshold;
    index = left ? node.left : node.right;
  }
  return index;
}

}  // namespace qalam::gp
