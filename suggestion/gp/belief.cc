#include "suggestion/gp/belief.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
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
// Up to how many losses the hypervolume that is left is cut into boxes, however many trials are on
// the front, and of how many losses more up to which number of them: boxes of many losses are too
// many.
constexpr int kLossesOfBoxes = 3;
constexpr int kLossesOfFewBoxes = 4;
constexpr size_t kRowsOfFewBoxes = 100;
// Else: along how many directions it is measured, the least part of one loss in a direction
// before its length is made 1, and the least distance between reference and best that is its unit.
constexpr int kRays = 16;
constexpr double kLeastDirection = 1e-3;
constexpr double kLeastWidth = 0.1;
// How far the reference point is beyond the worst of the front, as a share of its extent; and where
// it is at least, in deviations of all losses from their mean: the front that is known at first is
// often a small part of what there is.
constexpr double kReferenceMargin = 0.1;
constexpr double kLeastReference = 1;
// Parts of the front that are not known may lie beyond that. So every few trials it is farther out,
// in turns by the whole extent and at the worst of all trials.
constexpr double kFarMargin = 1;
constexpr int64_t kFirstFar = 30;
constexpr int64_t kFarEvery = 6;

// Of each loss, over the front of rows, and the greatest of all rows.
struct Extent {
  std::vector<double> best;
  std::vector<double> worst;
  std::vector<double> greatest;
  size_t rows = 0;  // on the front
};

Extent ExtentOfFront(LossRows rows) {
  Extent extent;
  extent.best.assign(static_cast<size_t>(rows.width), std::numeric_limits<double>::infinity());
  extent.worst.assign(extent.best.size(), -std::numeric_limits<double>::infinity());
  extent.greatest = extent.worst;
  for (int i = 0; i < rows.size(); ++i) {
    for (size_t m = 0; m < extent.greatest.size(); ++m) {
      extent.greatest[m] = std::max(extent.greatest[m], rows.row(i)[m]);
    }
  }
  const std::vector<int> front = ParetoFront(rows);
  extent.rows = front.size();
  for (const int i : front) {
    for (size_t m = 0; m < extent.best.size(); ++m) {
      extent.best[m] = std::min(extent.best[m], rows.row(i)[m]);
      extent.worst[m] = std::max(extent.worst[m], rows.row(i)[m]);
    }
  }
  return extent;
}

std::vector<double> ReferenceOf(const Extent& extent, int64_t number) {
  const bool far = number >= kFirstFar && number % kFarEvery == 0;
  const bool farthest = far && number % (2 * kFarEvery) == 0;
  const double margin = far && !farthest ? kFarMargin : kReferenceMargin;
  std::vector<double> reference;
  for (size_t m = 0; m < extent.worst.size(); ++m) {
    const double beyond = extent.worst[m] + margin * (extent.worst[m] - extent.best[m]);
    reference.push_back(std::max(beyond, kLeastReference));
    if (farthest) reference[m] = std::max(reference[m], extent.greatest[m]);
  }
  return reference;
}

bool IsCutIntoBoxes(const Extent& extent) {
  const int losses = static_cast<int>(extent.best.size());
  return losses <= kLossesOfBoxes ||
         (losses <= kLossesOfFewBoxes && extent.rows <= kRowsOfFewBoxes);
}

// Evenly over all directions, in units of the distances from the reference point to the best of
// each loss.
Matrix RandomDirections(const Extent& extent, absl::Span<const double> reference,
                        const BeliefOptions& options) {
  RandomStream random(options.seed, static_cast<uint64_t>(options.number), "gp rays");
  Matrix directions(static_cast<int>(reference.size()), kRays);
  for (int ray = 0; ray < kRays; ++ray) {
    double squares = 0;
    for (double& element : directions.col(ray)) {
      element = std::max(std::abs(random.Normal()), kLeastDirection);
      squares += element * element;
    }
    for (size_t m = 0; m < reference.size(); ++m) {
      const double width = std::max(reference[m] - extent.best[m], kLeastWidth);
      directions.col(ray)[m] *= width / std::sqrt(squares);
    }
  }
  return directions;
}

// How far the rows reach along a ray.
double Reached(LossRows rows, absl::Span<const double> reference,
               absl::Span<const double> direction) {
  double most = 0;
  for (int i = 0; i < rows.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (size_t m = 0; m < reference.size(); ++m) {
      least = std::min(least, (reference[m] - rows.row(i)[m]) / direction[m]);
    }
    most = std::max(most, least);
  }
  return most;
}

CovarianceCache* CacheOf(const BeliefOptions& options, int target) {
  return options.covariances != nullptr ? &(*options.covariances)[target] : nullptr;
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
    posteriors_.push_back(MakePosterior(
        table, target, models[target], evidence, fantasies, target == 0 ? options.mean : nullptr,
        target == 0 ? &observed_ : nullptr, CacheOf(options, target)));
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
  worlds_.emplace_back(posterior, normals, CacheOf(options, 0));
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
  const int fantasies = posteriors_.front().fantasies();
  std::vector<Boxes> boxes;
  std::optional<Rays> rays;
  for (int r = 0; r < fantasies; ++r) {
    const std::vector<double> values = LossesAt(FeasibleRows(r), r);
    const LossRows rows = {values, table_.losses()};
    const Extent extent = ExtentOfFront(rows);
    const std::vector<double> reference = ReferenceOf(extent, options.number);
    if (r == 0 && !IsCutIntoBoxes(extent)) {
      rays = {.reference = reference,
              .directions = RandomDirections(extent, reference, options),
              .reached = Matrix(kRays, fantasies)};
    }
    if (!rays.has_value()) {
      boxes.push_back(NonDominatedBoxes(rows, reference));
      continue;
    }
    for (int ray = 0; ray < kRays; ++ray) {
      rays->reached(ray, r) = Reached(rows, rays->reference, rays->directions.col(ray));
    }
  }
  if (rays.has_value()) return RaysMerit(*std::move(rays));
  return HypervolumeMerit(boxes);
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
