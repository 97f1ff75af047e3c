#include "suggestion/gp/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/random_stream.h"
#include "math/lbfgs.h"
#include "math/sobol.h"

namespace qalam::gp {
namespace {

constexpr int kMaxRounds = 6;
// The most places of an ordered axis that are all tried in a local search.
constexpr int kAllPlaces = 12;
// Without a gradient: how often copies of how many of the best samples are made.
constexpr uint64_t kRefinements = 3;
constexpr size_t kRefined = 5;
// How far copies of good points are moved, as shares of an axis.
constexpr std::array<double, 4> kRadii = {0.2, 0.05, 0.01, 0.001};
// How many coordinates of a copy change, on average.
constexpr double kChangedCoordinates = 3;

using Point = std::vector<double>;

class Search {
 public:
  Search(const Encoding& encoding, const SearchTarget& target, const SearchOptions& options)
      : encoding_(encoding),
        target_(target),
        options_(options),
        lower_(options.lower),
        upper_(options.upper) {
    lower_.resize(static_cast<size_t>(encoding.size()), 0);
    upper_.resize(static_cast<size_t>(encoding.size()), 1);
    for (int d = 0; d < encoding.size(); ++d) {
      if (encoding.axis(d).kind == AxisKind::kContinuous) any_continuous_ = true;
    }
  }

  std::vector<FoundPoint> Run(absl::Span<const Point> around) {
    std::vector<FoundPoint> spread = Evaluate(SpreadSamples());
    std::vector<FoundPoint> local = Evaluate(LocalSamples(around, 0));
    if (target_.gradients == nullptr) Refine(spread, local);
    std::vector<FoundPoint> found = Climb(Starts(spread, local));
    found.insert(found.end(), spread.begin(), spread.end());
    found.insert(found.end(), local.begin(), local.end());
    SortByValue(found);
    return found;
  }

 private:
  static void SortByValue(std::vector<FoundPoint>& points) {
    std::stable_sort(points.begin(), points.end(),
                     [](const FoundPoint& a, const FoundPoint& b) { return a.value > b.value; });
  }

  // Without a gradient, copies of the best samples take its place.
  void Refine(const std::vector<FoundPoint>& spread, std::vector<FoundPoint>& local) const {
    local.insert(local.end(), spread.begin(), spread.end());
    for (uint64_t round = 1; round <= kRefinements; ++round) {
      SortByValue(local);
      std::vector<Point> best;
      for (size_t i = 0; i < std::min<size_t>(kRefined, local.size()); ++i) {
        best.push_back(local[i].point);
      }
      const std::vector<FoundPoint> finer = Evaluate(LocalSamples(best, round));
      local.insert(local.end(), finer.begin(), finer.end());
    }
    SortByValue(local);
  }

  std::vector<FoundPoint> Evaluate(const std::vector<Point>& points) const {
    std::vector<FoundPoint> found;
    if (points.empty()) return found;
    Matrix xs(encoding_.size(), static_cast<int>(points.size()));
    for (int j = 0; j < xs.cols(); ++j) {
      std::copy(points[j].begin(), points[j].end(), xs.col(j).begin());
    }
    const std::vector<double> values = target_.values(xs);
    for (size_t j = 0; j < points.size(); ++j) found.push_back({points[j], values[j]});
    SortByValue(found);
    return found;
  }

  std::vector<Point> SpreadSamples() const {
    const SobolSequence sequence(encoding_.size(), StableMix(options_.seed, options_.number));
    std::vector<Point> points(static_cast<size_t>(options_.spread_samples));
    Point uniform(static_cast<size_t>(encoding_.size()));
    for (size_t j = 0; j < points.size(); ++j) {
      sequence.Point(j, absl::MakeSpan(uniform));
      points[j].resize(uniform.size());
      encoding_.FromUniform(uniform, absl::MakeSpan(points[j]));
      for (int d = 0; d < encoding_.size(); ++d) {
        if (encoding_.is_categorical(d)) continue;
        points[j][d] = lower_[d] + (upper_[d] - lower_[d]) * points[j][d];
      }
      encoding_.Snap(absl::MakeSpan(points[j]));
      encoding_.Reconcile(absl::MakeSpan(points[j]));
    }
    return points;
  }

  void Perturb(int d, double radius, RandomStream& random, Point& point) const {
    const Axis& axis = encoding_.axis(d);
    const int count = static_cast<int>(axis.places.size());
    switch (axis.kind) {
      case AxisKind::kContinuous:
        point[d] = std::clamp(point[d] + radius * random.Normal(), lower_[d], upper_[d]);
        break;
      case AxisKind::kOrdered: {
        const int shift = std::max(1, static_cast<int>(std::abs(radius * count * random.Normal())));
        const int place = encoding_.PlaceIndex(d, point[d]);
        const int moved = random.Below(2) == 0 ? place - shift : place + shift;
        point[d] = axis.places[std::clamp(moved, 0, count - 1)];
        break;
      }
      case AxisKind::kCategorical:
        point[d] = axis.places[random.Below(static_cast<uint64_t>(count))];
        break;
    }
  }

  std::vector<Point> LocalSamples(absl::Span<const Point> around, uint64_t round) const {
    std::vector<Point> points;
    if (around.empty() || encoding_.size() == 0) return points;
    RandomStream random(StableMix(options_.seed, round), options_.number, "gp local samples");
    for (int j = 0; j < options_.local_samples; ++j) {
      Point point = around[static_cast<size_t>(j) % around.size()];
      const double radius = kRadii[(static_cast<size_t>(j) / around.size()) % kRadii.size()];
      const std::vector<int> axes = encoding_.ActiveAxes(point);
      if (axes.empty()) continue;
      const double share = std::min(1.0, kChangedCoordinates / static_cast<double>(axes.size()));
      const int certain = axes[random.Below(axes.size())];
      for (const int d : axes) {
        if (d == certain || random.Uniform() < share) Perturb(d, radius, random, point);
      }
      encoding_.Reconcile(absl::MakeSpan(point),
                          [&](int d) { return encoding_.FromUniform(d, random.Uniform()); });
      points.push_back(std::move(point));
    }
    return points;
  }

  // The best of both kinds, alternately, best first.
  std::vector<FoundPoint> Starts(const std::vector<FoundPoint>& spread,
                                 const std::vector<FoundPoint>& local) const {
    std::vector<FoundPoint> starts;
    for (size_t i = 0; starts.size() < static_cast<size_t>(options_.starts); ++i) {
      if (i >= spread.size() && i >= local.size()) break;
      if (i < local.size()) starts.push_back(local[i]);
      if (i < spread.size()) starts.push_back(spread[i]);
    }
    return starts;
  }

  // Local searches from all starts, side by side, so that they share the evaluations of batches.
  std::vector<FoundPoint> Climb(std::vector<FoundPoint> points) const {
    std::vector<FoundPoint*> climbing;
    for (FoundPoint& point : points) climbing.push_back(&point);
    for (int round = 0; round < kMaxRounds && !climbing.empty(); ++round) {
      std::vector<double> before;
      for (const FoundPoint* point : climbing) before.push_back(point->value);
      ClimbContinuous(climbing);
      if (encoding_.all_continuous()) break;
      for (int d = 0; d < encoding_.size(); ++d) ClimbPlaces(d, climbing);
      std::vector<FoundPoint*> still;
      for (size_t k = 0; k < climbing.size(); ++k) {
        if (climbing[k]->value > before[k] + 1e-9 * (1 + std::abs(before[k]))) {
          still.push_back(climbing[k]);
        }
      }
      climbing = std::move(still);
    }
    return points;
  }

  // L-BFGS with the coordinates that are not continuous, or of what does not exist, held where they
  // are.
  void ClimbContinuous(const std::vector<FoundPoint*>& points) const {
    if (target_.gradients == nullptr) return;
    if (!any_continuous_) return;
    std::vector<LbfgsSearch> searches;
    for (const FoundPoint* point : points) searches.push_back(SearchFrom(point->point));
    Matrix gradients;
    while (true) {
      std::vector<LbfgsSearch*> open;
      for (LbfgsSearch& search : searches) {
        if (!search.done()) open.push_back(&search);
      }
      if (open.empty()) break;
      Matrix xs(encoding_.size(), static_cast<int>(open.size()));
      for (int j = 0; j < xs.cols(); ++j) {
        std::copy(open[j]->query().begin(), open[j]->query().end(), xs.col(j).begin());
      }
      const std::vector<double> values = target_.gradients(xs, gradients);
      for (int j = 0; j < xs.cols(); ++j) {
        for (double& element : gradients.col(j)) element = -element;
        open[j]->Tell(-values[j], gradients.col(j));
      }
    }
    for (size_t k = 0; k < points.size(); ++k) {
      LbfgsResult result = searches[k].result();
      FoundPoint found = {std::move(result.x), -result.value};
      RemoveWhatDoesNotExist(found);
      if (found.value > points[k]->value) *points[k] = std::move(found);
    }
  }

  // A continuous coordinate may have moved to where a parameter no longer exists.
  void RemoveWhatDoesNotExist(FoundPoint& found) const {
    Point canonical = found.point;
    encoding_.Reconcile(absl::MakeSpan(canonical));
    if (canonical != found.point) found = Evaluate({canonical}).front();
  }

  LbfgsSearch SearchFrom(const Point& start) const {
    Point lower = lower_;
    Point upper = upper_;
    std::vector<bool> moves(start.size());
    for (const int d : encoding_.ActiveAxes(start)) {
      moves[d] = encoding_.axis(d).kind == AxisKind::kContinuous;
    }
    for (int d = 0; d < encoding_.size(); ++d) {
      if (!moves[d]) lower[d] = upper[d] = start[d];
    }
    return LbfgsSearch(std::move(lower), std::move(upper), start,
                       {.max_iterations = options_.evaluations,
                        .max_evaluations = options_.evaluations,
                        .gradient_tolerance = 1e-4,
                        .value_tolerance = 1e-6,
                        .first_step = 0.05});
  }

  // Moves each point to the best other place on one axis, where that is better.
  void ClimbPlaces(int d, const std::vector<FoundPoint*>& points) const {
    const std::vector<double>& places = encoding_.axis(d).places;
    if (places.empty()) return;
    std::vector<std::pair<FoundPoint*, double>> moves;
    for (FoundPoint* point : points) {
      if (!encoding_.IsActive(point->point, d)) continue;
      for (const double place : Moves(d, point->point[d])) moves.emplace_back(point, place);
    }
    Matrix xs(encoding_.size(), static_cast<int>(moves.size()));
    for (int j = 0; j < xs.cols(); ++j) {
      std::copy(moves[j].first->point.begin(), moves[j].first->point.end(), xs.col(j).begin());
      xs(d, j) = moves[j].second;
      encoding_.Reconcile(xs.col(j));
    }
    const std::vector<double> values = target_.values(xs);
    for (int j = 0; j < xs.cols(); ++j) {
      FoundPoint* const point = moves[j].first;
      if (!(values[j] > point->value)) continue;
      point->point.assign(xs.col(j).begin(), xs.col(j).end());
      point->value = values[j];
    }
  }

  // Other places on an axis: all, or where there are many with an order those at steps that grow.
  std::vector<double> Moves(int d, double coordinate) const {
    const std::vector<double>& places = encoding_.axis(d).places;
    const int count = static_cast<int>(places.size());
    const int current = encoding_.PlaceIndex(d, coordinate);
    std::vector<double> moves;
    if (encoding_.is_categorical(d) || count <= kAllPlaces) {
      for (int k = 0; k < count; ++k) {
        if (k != current) moves.push_back(places[k]);
      }
      return moves;
    }
    for (int step = 1; step < count; step = step + 1 + step / 3) {
      if (current - step >= 0) moves.push_back(places[current - step]);
      if (current + step < count) moves.push_back(places[current + step]);
    }
    return moves;
  }

  const Encoding& encoding_;
  const SearchTarget& target_;
  const SearchOptions& options_;
  Point lower_;
  Point upper_;
  bool any_continuous_ = false;
};

}  // namespace

std::vector<FoundPoint> Maximize(const Encoding& encoding, const SearchTarget& target,
                                 absl::Span<const std::vector<double>> around,
                                 const SearchOptions& options) {
  return Search(encoding, target, options).Run(around);
}

}  // namespace qalam::gp
