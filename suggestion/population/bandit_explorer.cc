#include "suggestion/population/bandit_explorer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/types/span.h"
#include "suggestion/outcome.h"
#include "suggestion/population/place.h"
#include "suggestion/resumption.h"

namespace qalam {
namespace {

constexpr char kBanditPurpose[] = "pb2";
// The newest trials that are modelled; older ones tell little of a network that has learnt since.
constexpr size_t kMostPoints = 100;
constexpr size_t kLeastPoints = 4;
constexpr double kMostGain = 2;  // deviations; more is taken for an accident
constexpr int kSearches = 500;   // points of the whole cube that are compared
constexpr int kRefinements = 4;  // rounds of points near the best one
constexpr int kNear = 50;        // points of a round

using Point = ImprovementModel::Point;

struct Evidence {
  std::vector<Point> points;
  std::vector<double> gains;
  std::vector<Point> pending;
};

// Parameters that the model places: numbers that exist there.
std::vector<int> PlacedParameters(const SearchSpace& space, const Assignment& at) {
  std::vector<int> placed;
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& parameter = space.parameter(i);
    if (parameter.is_numeric() && parameter.Cardinality() > 1 && space.IsActive(at, i)) {
      placed.push_back(i);
    }
  }
  return placed;
}

Point PointOf(const History& history, int i, const std::vector<int>& placed, int64_t generation) {
  Point point{.x = {}, .t = static_cast<double>(generation)};
  for (const int p : placed) point.x.push_back(history.unit(i)[static_cast<size_t>(p)]);
  return point;
}

// What the newest trials gained over their parents, and those that have not ended.
Evidence EvidenceOf(const History& history, const std::vector<int>& placed) {
  Evidence evidence;
  for (int i = history.size() - 1; i >= 0 && evidence.points.size() < kMostPoints; --i) {
    const auto place = ParsePopulationPlace(history.trial(i).labels);
    if (!place.has_value() || !place->parent.has_value()) continue;
    const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
    if (outcome.kind == OutcomeKind::kPending) {
      evidence.pending.push_back(PointOf(history, i, placed, place->generation));
    }
    const std::optional<int> parent = FindTrial(history, *place->parent);
    if (outcome.kind != OutcomeKind::kObserved || !parent.has_value()) continue;
    const Outcome before = OutcomeOf(history.trial(*parent), history.objective());
    if (before.kind != OutcomeKind::kObserved) continue;
    evidence.points.push_back(PointOf(history, i, placed, place->generation));
    evidence.gains.push_back(before.loss - outcome.loss);
  }
  return evidence;
}

// Mean 0 and deviation 1, cut off; false when all are the same.
bool Standardise(std::vector<double>* gains) {
  double mean = 0;
  for (const double gain : *gains) mean += gain / static_cast<double>(gains->size());
  double variance = 0;
  for (const double gain : *gains) {
    variance += (gain - mean) * (gain - mean) / static_cast<double>(gains->size());
  }
  if (!std::isfinite(variance) || variance <= 0) return false;
  for (double& gain : *gains) {
    gain = std::clamp((gain - mean) / std::sqrt(variance), -kMostGain, kMostGain);
  }
  return true;
}

// The point at time `t` with the greatest upper bound.
Point Maximise(const ImprovementModel& model, size_t dimensions, double t, double beta,
               RandomStream& random) {
  Point best{.x = {}, .t = t};
  double highest = -std::numeric_limits<double>::infinity();
  const auto look_at = [&](Point point) {
    const double bound = model.UpperBound(point, beta);
    if (bound <= highest) return;
    highest = bound;
    best = std::move(point);
  };
  for (int i = 0; i < kSearches; ++i) {
    Point point{.x = std::vector<double>(dimensions), .t = t};
    for (double& x : point.x) x = random.Uniform();
    look_at(std::move(point));
  }
  double step = 0.1;
  for (int round = 0; round < kRefinements; ++round, step /= 2) {
    // `look_at` moves `best` meanwhile.
    const Point centre = best;  // NOLINT(performance-unnecessary-copy-initialization)
    for (int i = 0; i < kNear; ++i) {
      Point point = centre;
      for (double& x : point.x) x = std::clamp(x + step * random.Normal(), 0.0, 1.0);
      look_at(std::move(point));
    }
  }
  return best;
}

}  // namespace

double ImprovementModel::Kernel(const Point& a, const Point& b) const {
  double squares = 0;
  for (size_t i = 0; i < a.x.size(); ++i) squares += (a.x[i] - b.x[i]) * (a.x[i] - b.x[i]);
  return std::pow(1 - forgetting_, std::abs(a.t - b.t) / 2) *
         std::exp(-squares / (2 * length_ * length_));
}

bool ImprovementModel::Factor(const std::vector<Point>& points, Cholesky* factor) const {
  const int n = static_cast<int>(points.size());
  Matrix covariance(n, n);
  for (int j = 0; j < n; ++j) {
    for (int i = j; i < n; ++i) {
      covariance(i, j) = Kernel(points[static_cast<size_t>(i)], points[static_cast<size_t>(j)]);
    }
    covariance(j, j) += noise_;
  }
  return factor->Factor(covariance);
}

bool ImprovementModel::Fit(std::vector<Point> points, const std::vector<double>& gains) {
  ImprovementModel likeliest;
  double greatest = -std::numeric_limits<double>::infinity();
  for (const double length : {0.1, 0.2, 0.4, 0.8, 1.6}) {
    for (const double forgetting : {0.0, 0.05, 0.1, 0.2, 0.5}) {
      for (const double noise : {0.01, 0.1, 0.5}) {
        ImprovementModel model;
        model.length_ = length;
        model.forgetting_ = forgetting;
        model.noise_ = noise;
        if (!model.Factor(points, &model.all_)) continue;
        std::vector<double> weights = gains;
        model.all_.Solve(absl::MakeSpan(weights));
        const double likelihood = -Dot(gains, weights) - model.all_.LogDeterminant();
        if (!(likelihood > greatest)) continue;
        greatest = likelihood;
        model.weights_ = std::move(weights);
        likeliest = std::move(model);
      }
    }
  }
  if (!std::isfinite(greatest)) return false;
  *this = std::move(likeliest);
  all_points_ = points;
  points_ = std::move(points);
  return true;
}

void ImprovementModel::AddPending(const std::vector<Point>& pending) {
  for (const Point& point : pending) {
    std::vector<double> row;
    for (const Point& other : all_points_) row.push_back(Kernel(point, other));
    if (all_.Append(row, 1 + noise_)) all_points_.push_back(point);
  }
}

double ImprovementModel::UpperBound(const Point& at, double beta) const {
  std::vector<double> covariances;
  for (const Point& point : all_points_) covariances.push_back(Kernel(at, point));
  // The first ones are those with a gain.
  const double mean = Dot(absl::MakeConstSpan(covariances).subspan(0, weights_.size()), weights_);
  all_.SolveLower(absl::MakeSpan(covariances));
  const double variance = std::max(0.0, 1 - Dot(covariances, covariances));
  return mean + beta * std::sqrt(variance);
}

Assignment BanditExplorer::Explore(const History& history, const PopulationStep& step) {
  const SearchSpace& space = history.space();
  Assignment perturbed = perturbing_.Explore(history, step);
  const std::vector<int> placed = PlacedParameters(space, perturbed);
  Evidence evidence = EvidenceOf(history, placed);
  ImprovementModel model;
  if (placed.empty() || evidence.points.size() < kLeastPoints || !Standardise(&evidence.gains) ||
      !model.Fit(evidence.points, evidence.gains)) {
    return perturbed;
  }
  model.AddPending(evidence.pending);
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), kBanditPurpose);
  // The paper's sqrt(c1 + log(c2 t)), as its authors set it.
  const double beta =
      std::sqrt(std::max(0.0, 0.2 * std::log(0.4 * static_cast<double>(evidence.points.size()))));
  const Point best =
      Maximise(model, placed.size(), static_cast<double>(step.place.generation), beta, random);
  Assignment to = perturbed;
  for (size_t i = 0; i < placed.size(); ++i) {
    to[static_cast<size_t>(placed[i])] = space.parameter(placed[i]).FromUnit(best.x[i]);
  }
  to = space.Canonical(std::move(to));
  return space.IsPoint(to) ? to : perturbed;
}

}  // namespace qalam
