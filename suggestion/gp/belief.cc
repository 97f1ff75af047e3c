#include "suggestion/gp/belief.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/random_stream.h"
#include "math/normal_distribution.h"
#include "math/pareto.h"

namespace qalam::gp {
namespace {

// How many of the best trials the acquisition is searched around.
constexpr size_t kBeliefCenters = 5;
constexpr int kFantasies = 16;
constexpr int kFantasiesOfSeveral = 6;  // several losses: each costs a decomposition into boxes
// Possible worlds.
constexpr int kWorlds = 8;
// How many losses the hypervolume is computed of.
constexpr int kMaxHypervolumeLosses = 3;
// How far the reference point is beyond the worst of the front, as a share of its extent; and where
// it is at least, in deviations of all losses from their mean: the front that is known at first is
// often a small part of what there is.
constexpr double kReferenceMargin = 0.1;
constexpr double kLeastReference = 1;

// The best and the worst of each loss over the front of rows.
struct Extent {
  std::vector<double> best;
  std::vector<double> worst;
};

Extent ExtentOfFront(LossRows rows) {
  Extent extent;
  extent.best.assign(static_cast<size_t>(rows.width), std::numeric_limits<double>::infinity());
  extent.worst.assign(extent.best.size(), -std::numeric_limits<double>::infinity());
  for (const int i : ParetoFront(rows)) {
    for (size_t m = 0; m < extent.best.size(); ++m) {
      extent.best[m] = std::min(extent.best[m], rows.row(i)[m]);
      extent.worst[m] = std::max(extent.worst[m], rows.row(i)[m]);
    }
  }
  return extent;
}

std::vector<double> RandomWeights(size_t count, uint64_t seed, int64_t number) {
  RandomStream random(seed, static_cast<uint64_t>(number), "gp weights");
  std::vector<double> weights(count);
  double sum = 0;
  for (double& weight : weights) {
    weight = -std::log(random.Uniform());
    sum += weight;
  }
  // None is 0, so that no loss may grow without limit.
  for (double& weight : weights) weight = 0.9 * weight / sum + 0.1 / static_cast<double>(count);
  return weights;
}

}  // namespace

Belief::Belief(const TrialTable& table, const std::vector<FittedModel>& models,
               const BeliefOptions& options)
    : table_(table) {
  const Evidence evidence = CollectEvidence(table, models.front(), options.batch);
  const FantasyOptions fantasies = {.seed = options.seed,
                                    .number = options.number,
                                    .count = table.losses() > 1 ? kFantasiesOfSeveral : kFantasies};
  for (int target = 0; target < table.targets(); ++target) {
    posteriors_.push_back(MakePosterior(table, target, models[target], evidence, fantasies,
                                        target == 0 ? options.mean : nullptr,
                                        target == 0 ? &observed_ : nullptr));
    if (table.is_constraint(target)) bounds_.push_back(models[target].warp.Apply(0));
  }
  ImagineWorlds(options);
  any_feasible_ = table.outcome(table.best()).feasible();
  std::unique_ptr<Merit> merit;
  if (any_feasible_) {
    merit = table.losses() == 1 ? MeritOfLosses(options) : MeritOfFront(options);
  }
  // While nothing is feasible, the probability of that is all that counts.
  if (!bounds_.empty()) merit = ConstrainedMerit(std::move(merit), bounds_);
  acquisition_ = std::make_unique<Acquisition>(std::move(merit), judged());
  FindCenters();
}

void Belief::ImagineWorlds(const BeliefOptions& options) {
  if (table_.targets() > 1 || options.kind == AcquisitionKind::kLowerConfidenceBound) return;
  const Posterior& posterior = posteriors_.front();
  if (!posterior.kernel().parameters().noisy()) return;
  RandomStream random(options.seed, static_cast<uint64_t>(options.number), "gp worlds");
  Matrix normals(posterior.points().rows() + posterior.observed(), kWorlds);
  // In pairs that are mirrored at the mean, so that the mean of all worlds is what is predicted.
  for (int r = 0; r < kWorlds; r += 2) {
    for (int i = 0; i < normals.rows(); ++i) {
      normals(i, r) = random.Normal();
      normals(i, r + 1) = -normals(i, r);
    }
  }
  worlds_.emplace_back(posterior, normals);
}

// Rows of the losses' posteriors that keep to the constraints: observed ones by what was seen,
// pending ones by what a fantasy says. At least one.
std::vector<int> Belief::FeasibleRows(int fantasy) const {
  std::vector<int> rows;
  const int observed = static_cast<int>(observed_.size());
  for (int i = 0; i < observed; ++i) {
    if (table_.outcome(observed_[i]).feasible()) rows.push_back(i);
  }
  if (rows.empty()) rows.push_back(0);  // none but the best was, and that was left out
  const int pending = posteriors_.front().points().rows() - observed;
  for (int p = 0; p < pending; ++p) {
    bool feasible = true;
    for (size_t c = 0; c < bounds_.size(); ++c) {
      const Posterior& posterior = posteriors_[static_cast<size_t>(table_.losses()) + c];
      const int row = posterior.observed() + p;
      feasible = feasible && posterior.smoothed()(row, fantasy) <= bounds_[c];
    }
    if (feasible) rows.push_back(observed + p);
  }
  return rows;
}

// Row by row, all losses of each.
std::vector<double> Belief::LossesAt(const std::vector<int>& rows, int fantasy) const {
  std::vector<double> losses;
  for (const int row : rows) {
    for (int m = 0; m < table_.losses(); ++m) {
      losses.push_back(judged()[m].smoothed()(row, fantasy));
    }
  }
  return losses;
}

std::unique_ptr<Merit> Belief::MeritOfLosses(const BeliefOptions& options) const {
  std::vector<double> best;
  for (int r = 0; r < judged().front().fantasies(); ++r) {
    const std::vector<double> losses = LossesAt(FeasibleRows(r), r);
    best.push_back(*std::min_element(losses.begin(), losses.end()));
  }
  return ImprovementMerit(options.kind, std::move(best));
}

std::unique_ptr<Merit> Belief::MeritOfFront(const BeliefOptions& options) const {
  const int width = table_.losses();
  std::vector<Boxes> boxes;
  std::vector<double> widths;
  std::vector<double> ideal;
  std::vector<double> best;
  const std::vector<double> weights =
      RandomWeights(static_cast<size_t>(width), options.seed, options.number);
  for (int r = 0; r < posteriors_.front().fantasies(); ++r) {
    const std::vector<double> values = LossesAt(FeasibleRows(r), r);
    const LossRows rows = {values, width};
    Extent extent = ExtentOfFront(rows);
    if (width <= kMaxHypervolumeLosses) {
      for (size_t m = 0; m < extent.worst.size(); ++m) {
        const double beyond =
            extent.worst[m] + kReferenceMargin * (extent.worst[m] - extent.best[m]);
        extent.worst[m] = std::max(beyond, kLeastReference);
      }
      boxes.push_back(NonDominatedBoxes(rows, extent.worst));
      continue;
    }
    if (r == 0) {
      ideal = extent.best;
      for (size_t m = 0; m < weights.size(); ++m) {
        widths.push_back(std::max(0.1, extent.worst[m] - extent.best[m]) / weights[m]);
      }
    }
    best.push_back(std::numeric_limits<double>::infinity());
    for (int i = 0; i < rows.size(); ++i) {
      double largest = -std::numeric_limits<double>::infinity();
      for (size_t m = 0; m < weights.size(); ++m) {
        largest = std::max(largest, (rows.row(i)[m] - ideal[m]) / widths[m]);
      }
      best.back() = std::min(best.back(), largest);
    }
  }
  if (width <= kMaxHypervolumeLosses) return HypervolumeMerit(std::move(boxes));
  return ChebyshevMerit(std::move(ideal), std::move(widths), std::move(best));
}

void Belief::FindCenters() {
  std::vector<std::pair<double, int>> order;
  const Posterior& posterior = posteriors_.front();
  if (!any_feasible_) {
    for (size_t i = 0; i < observed_.size(); ++i) {
      const Outcome& outcome = table_.outcome(observed_[i]);
      if (outcome.has_loss()) order.emplace_back(outcome.violation, static_cast<int>(i));
    }
  } else if (table_.losses() == 1) {
    for (const int row : FeasibleRows(0)) {
      double sum = 0;
      for (int r = 0; r < posterior.fantasies(); ++r) sum += posterior.smoothed()(row, r);
      order.emplace_back(sum, row);
    }
  } else {
    // The front in a random order.
    const std::vector<int> rows = FeasibleRows(0);
    RandomStream random(StableHash("gp centers"), rows.size(), "gp centers");
    const std::vector<double> losses = LossesAt(rows, 0);
    for (const int k : ParetoFront({losses, table_.losses()})) {
      order.emplace_back(random.Uniform(), rows[k]);
    }
  }
  const size_t count = std::min(kBeliefCenters, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
  for (size_t k = 0; k < count; ++k) {
    centers_.emplace_back();
    for (int d = 0; d < posterior.axes(); ++d) {
      centers_.back().push_back(posterior.points()(order[k].second, d));
    }
  }
}

double Belief::ProbabilityOfFeasibility(absl::Span<const double> point) const {
  Matrix xs(static_cast<int>(point.size()), 1);
  std::copy(point.begin(), point.end(), xs.col(0).begin());
  double logarithm = 0;
  for (size_t c = 0; c < bounds_.size(); ++c) {
    const Predictions predictions =
        posteriors_[static_cast<size_t>(table_.losses()) + c].Predict(xs);
    double mean = 0;
    for (const double m : predictions.means.col(0)) mean += m / predictions.means.rows();
    logarithm += LogNormalCdf((bounds_[c] - mean) / std::sqrt(predictions.variances[0])).value;
  }
  return std::exp(logarithm);
}

}  // namespace qalam::gp
