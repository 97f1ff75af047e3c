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
  }

  std::vector<FoundPoint> Run(absl::Span<const Point> around) {
    std::vector<FoundPoint> spread = Evaluate(SpreadSamples());
    std::vector<FoundPoint> local = Evaluate(LocalSamples(around, 0));
    if (target_.gradient == nullptr) Refine(spread, local);
    std::vector<FoundPoint> found;
    for (const Point& start : Starts(spread, local)) found.push_back(Climb(start));
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
    const int axes = encoding_.size();
    const double share = std::min(1.0, kChangedCoordinates / axes);
    for (int j = 0; j < options_.local_samples; ++j) {
      Point point = around[static_cast<size_t>(j) % around.size()];
      const double radius = kRadii[(static_cast<size_t>(j) / around.size()) % kRadii.size()];
      const int certain = static_cast<int>(random.Below(static_cast<uint64_t>(axes)));
      for (int d = 0; d < axes; ++d) {
        if (d == certain || random.Uniform() < share) Perturb(d, radius, random, point);
      }
      points.push_back(std::move(point));
    }
    return points;
  }

  // The best of both kinds, alternately, best first.
  std::vector<Point> Starts(const std::vector<FoundPoint>& spread,
                            const std::vector<FoundPoint>& local) const {
    std::vector<Point> starts;
    for (size_t i = 0; starts.size() < static_cast<size_t>(options_.starts); ++i) {
      if (i >= spread.size() && i >= local.size()) break;
      if (i < local.size()) starts.push_back(local[i].point);
      if (i < spread.size()) starts.push_back(spread[i].point);
    }
    return starts;
  }

  FoundPoint Climb(const Point& start) const {
    FoundPoint best = Evaluate({start}).front();
    for (int round = 0; round < kMaxRounds; ++round) {
      const double before = best.value;
      ClimbContinuous(best);
      if (encoding_.all_continuous()) break;
      ClimbPlaces(best);
      if (best.value <= before + 1e-9 * (1 + std::abs(before))) break;
    }
    return best;
  }

  // L-BFGS with the other coordinates held where they are.
  void ClimbContinuous(FoundPoint& best) const {
    if (target_.gradient == nullptr) return;
    Point lower = lower_;
    Point upper = upper_;
    bool any = false;
    for (int d = 0; d < encoding_.size(); ++d) {
      if (encoding_.axis(d).kind == AxisKind::kContinuous) {
        any = true;
      } else {
        lower[d] = upper[d] = best.point[d];
      }
    }
    if (!any) return;
    const DifferentiableFunction negative = [&](absl::Span<const double> x,
                                                absl::Span<double> gradient) {
      const double value = target_.gradient(x, gradient);
      for (double& element : gradient) element = -element;
      return -value;
    };
    const LbfgsOptions options = {.max_iterations = options_.evaluations,
                                  .max_evaluations = options_.evaluations,
                                  .gradient_tolerance = 1e-4,
                                  .value_tolerance = 1e-6,
                                  .first_step = 0.05};
    LbfgsResult result = MinimizeInBox(negative, lower, upper, best.point, options);
    if (-result.value > best.value) best = {std::move(result.x), -result.value};
  }

  void ClimbPlaces(FoundPoint& best) const {
    for (int d = 0; d < encoding_.size(); ++d) {
      std::vector<Point> moves;
      for (const double place : encoding_.axis(d).places) {
        if (place == best.point[d]) continue;
        moves.push_back(best.point);
        moves.back()[d] = place;
      }
      if (moves.empty()) continue;
      FoundPoint move = Evaluate(moves).front();
      if (move.value > best.value) best = std::move(move);
    }
  }

  const Encoding& encoding_;
  const SearchTarget& target_;
  const SearchOptions& options_;
  Point lower_;
  Point upper_;
};

}  // namespace

std::vector<FoundPoint> Maximize(const Encoding& encoding, const SearchTarget& target,
                                 absl::Span<const std::vector<double>> around,
                                 const SearchOptions& options) {
  return Search(encoding, target, options).Run(around);
}

}  // namespace qalam::gp
