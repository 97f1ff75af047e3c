#include "suggestion/start_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace qalam {
namespace {

// Root of the mean square of the differences in the unit cube below which two points are close;
// categories that differ count as 1.
constexpr double kClose = 0.1;

double Distance(const SearchSpace& space, const Assignment& a, const Assignment& b) {
  double sum = 0;
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& parameter = space.parameter(i);
    const double difference = parameter.is_ordered()
                                  ? parameter.ToUnit(a[i]) - parameter.ToUnit(b[i])
                                  : (a[i] == b[i] ? 0.0 : 1.0);
    sum += difference * difference;
  }
  return std::sqrt(sum / std::max(1, space.size()));
}

// One source's points, best first.
class Queue {
 public:
  Queue(const SearchSpace& space, const SourceTrials& source) : space_(space), source_(source) {
    order_.resize(source.points.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](size_t a, size_t b) { return source.losses[a] < source.losses[b]; });
  }

  // The next that is a point of the space and not close to one of `taken`.
  std::optional<Suggestion> Next(const std::vector<Suggestion>& taken) {
    while (next_ < order_.size()) {
      const size_t rank = next_++;
      Suggestion suggestion;
      suggestion.assignment = Inside(source_.points[order_[rank]]);
      const bool close = std::any_of(taken.begin(), taken.end(), [&](const Suggestion& other) {
        return Distance(space_, suggestion.assignment, other.assignment) < kClose;
      });
      if (close || !space_.Satisfies(suggestion.assignment)) continue;
      suggestion.explanation = rank == 0
                                   ? absl::StrCat("start: the best trial of ", source_.name)
                                   : absl::StrFormat("start: number %d of the %d trials of %s",
                                                     rank + 1, order_.size(), source_.name);
      return suggestion;
    }
    return std::nullopt;
  }

 private:
  Assignment Inside(Assignment point) const {
    for (int i = 0; i < space_.size(); ++i) point[i] = space_.parameter(i).Snap(point[i]);
    return space_.Canonical(std::move(point));
  }

  const SearchSpace& space_;
  const SourceTrials& source_;
  std::vector<size_t> order_;
  size_t next_ = 0;
};

}  // namespace

StartPoints::StartPoints(const SuggesterSpec& spec) {
  if (std::optional<Assignment> start = spec.space->StartPoint(); start.has_value()) {
    points_.push_back({.assignment = *std::move(start),
                       .explanation = spec.space->has_priors()
                                          ? "start: the likeliest point of the priors"
                                          : "start: the defaults"});
  }
  std::vector<Queue> queues;
  for (const auto& source : spec.sources) queues.emplace_back(*spec.space, *source);
  int taken = 0;
  for (bool any = true; any && taken < kMaxFromSources;) {
    any = false;
    for (Queue& queue : queues) {
      if (taken == kMaxFromSources) break;
      std::optional<Suggestion> next = queue.Next(points_);
      if (!next.has_value()) continue;
      points_.push_back(*std::move(next));
      ++taken;
      any = true;
    }
  }
}

std::optional<Suggestion> StartPoints::Next(const UnseenPoints& unseen) const {
  for (const Suggestion& point : points_) {
    if (unseen.IsNew(point.assignment)) return point;
  }
  return std::nullopt;
}

Assignment DesignPoint(const SearchSpace& space, uint64_t index,
                       absl::Span<const double> probabilities) {
  const bool by_prior = space.has_priors() && index % 4 != 3;
  return by_prior ? space.FromPriorQuantiles(probabilities) : space.FromQuantiles(probabilities);
}

}  // namespace qalam
