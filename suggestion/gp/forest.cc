#include "suggestion/gp/forest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/random_stream.h"
#include "suggestion/gp/model.h"

namespace qalam::gp {
namespace {

constexpr int kMaxTreePoints = 300;
constexpr int kForestTrees = 100;
constexpr int kBoostedTrees = 30;
constexpr int kBoostedDepth = 3;
constexpr double kLearningRate = 0.1;
constexpr double kQuantiles[] = {0.16, 0.5, 0.84};
constexpr double kLeastDeviation = 1e-3;

double Quantile(std::vector<double> values, double quantile) {
  const size_t last = values.size() - 1;
  const auto place = values.begin() +
                     static_cast<std::ptrdiff_t>(std::round(quantile * static_cast<double>(last)));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

std::vector<double> RowOf(const Matrix& points, int row) {
  std::vector<double> x(static_cast<size_t>(points.cols()));
  for (int d = 0; d < points.cols(); ++d) x[d] = points(row, d);
  return x;
}

// What trees learn of a trial with a loss. Trials that violate constraints count as at least as bad
// as all that do not; while all do, the violation is what is to be made small.
double Goal(const TrialTable& table, int trial) {
  const Outcome& outcome = table.outcome(trial);
  if (!table.outcome(table.best()).feasible()) return outcome.violation;
  if (outcome.feasible()) return outcome.loss;
  double worst = outcome.loss;
  for (const int i : table.with_loss()) {
    if (table.outcome(i).feasible()) worst = std::max(worst, table.outcome(i).loss);
  }
  return worst;
}

}  // namespace

TreeModel::TreeModel(const TrialTable& table, absl::Span<const std::vector<double>> batch,
                     TreeKind kind, uint64_t seed) {
  Collect(table, batch);
  RandomStream random(seed, 0, "trees");
  if (kind == TreeKind::kBoosted) {
    for (const double quantile : kQuantiles) boosted_.push_back(Boost(quantile, random));
  } else {
    GrowForest(kind, random);
  }
}

void TreeModel::Collect(const TrialTable& table, absl::Span<const std::vector<double>> batch) {
  const Encoding& encoding = table.encoding();
  for (int d = 0; d < encoding.size(); ++d) categorical_.push_back(encoding.is_categorical(d));
  std::vector<double> losses;
  for (const int i : table.with_loss()) losses.push_back(Goal(table, i));
  // The bounded shape: one huge loss must not decide where all trees split.
  warp_ = OutputWarp(WarpShape::kBounded, 0, losses);
  best_ = warp_.Apply(*std::min_element(losses.begin(), losses.end()));
  const double worst = warp_.Apply(*std::max_element(losses.begin(), losses.end()));
  const double median = warp_.Apply(Quantile(losses, 0.5));

  std::vector<absl::Span<const double>> points;
  for (const int i : BestAndSpread(table, 0, table.with_loss(), kMaxTreePoints)) {
    points.push_back(table.point(i));
    values_.push_back(warp_.Apply(Goal(table, i)));
  }
  const auto add_latest = [&](const std::vector<int>& trials, double value) {
    const size_t from = trials.size() - std::min<size_t>(trials.size(), kMaxTreePoints);
    for (size_t k = from; k < trials.size(); ++k) {
      points.push_back(table.point(trials[k]));
      values_.push_back(value);
    }
  };
  add_latest(table.failed(), worst);
  add_latest(table.pending(), median);
  for (const std::vector<double>& point : batch) {
    points.push_back(point);
    values_.push_back(median);
  }
  points_ = Matrix(static_cast<int>(points.size()), encoding.size());
  for (int i = 0; i < points_.rows(); ++i) {
    for (int d = 0; d < points_.cols(); ++d) points_(i, d) = points[i][d];
  }
}

void TreeModel::GrowForest(TreeKind kind, RandomStream& random) {
  const int axes = points_.cols();
  // Trees without resampling differ enough only when they grow to single points.
  const TreeOptions options = {.min_leaf = kind == TreeKind::kExtraTrees ? 1 : 3,
                               .axes_tried = std::max(1, (5 * axes + 5) / 6),
                               .random_thresholds = kind == TreeKind::kExtraTrees};
  std::vector<int> rows(static_cast<size_t>(points_.rows()));
  for (int tree = 0; tree < kForestTrees; ++tree) {
    std::iota(rows.begin(), rows.end(), 0);
    if (kind == TreeKind::kRandomForest) {
      for (int& row : rows) row = static_cast<int>(random.Below(rows.size()));
    }
    forest_.emplace_back(points_, categorical_, values_, rows, options, random);
  }
}

TreeModel::Boosted TreeModel::Boost(double quantile, RandomStream& random) const {
  const TreeOptions options = {
      .max_depth = kBoostedDepth, .min_leaf = 1, .axes_tried = points_.cols()};
  std::vector<int> rows(values_.size());
  std::iota(rows.begin(), rows.end(), 0);
  Boosted boosted{.start = Quantile(values_, quantile)};
  std::vector<double> predicted(values_.size(), boosted.start);
  for (int step = 0; step < kBoostedTrees; ++step) {
    std::vector<double> directions;  // the negative gradient of the quantile loss
    for (size_t i = 0; i < values_.size(); ++i) {
      directions.push_back(values_[i] > predicted[i] ? quantile : quantile - 1);
    }
    const RegressionTree tree(points_, categorical_, directions, rows, options, random);
    std::vector<std::vector<double>> residuals(static_cast<size_t>(tree.size()));
    std::vector<int> leaves;
    for (int i = 0; i < points_.rows(); ++i) {
      leaves.push_back(tree.Leaf(RowOf(points_, i)));
      residuals[leaves.back()].push_back(values_[i] - predicted[i]);
    }
    std::vector<double> additions(residuals.size());
    for (size_t leaf = 0; leaf < residuals.size(); ++leaf) {
      if (!residuals[leaf].empty()) {
        additions[leaf] = kLearningRate * Quantile(residuals[leaf], quantile);
      }
    }
    for (size_t i = 0; i < values_.size(); ++i) predicted[i] += additions[leaves[i]];
    boosted.trees.push_back(tree);
    boosted.additions.push_back(std::move(additions));
  }
  return boosted;
}

double TreeModel::PredictBoosted(const Boosted& boosted, absl::Span<const double> x) {
  double value = boosted.start;
  for (size_t k = 0; k < boosted.trees.size(); ++k) {
    value += boosted.additions[k][boosted.trees[k].Leaf(x)];
  }
  return value;
}

TreePrediction TreeModel::Predict(absl::Span<const double> x) const {
  if (!boosted_.empty()) {
    const double low = PredictBoosted(boosted_[0], x);
    const double high = PredictBoosted(boosted_[2], x);
    return {PredictBoosted(boosted_[1], x), std::max(kLeastDeviation, 0.5 * (high - low))};
  }
  double sum = 0;
  double squares = 0;
  double within = 0;
  for (const RegressionTree& tree : forest_) {
    const RegressionTree::Node& leaf = tree.node(tree.Leaf(x));
    sum += leaf.mean;
    squares += leaf.mean * leaf.mean;
    within += leaf.variance;
  }
  const double count = static_cast<double>(forest_.size());
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean) + within / count;
  return {mean, std::max(kLeastDeviation, std::sqrt(variance))};
}

}  // namespace qalam::gp
