#include "suggestion/feasible.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/feasible_point.h"

namespace qalam {
namespace {

constexpr int kBisections = 30;
// Satisfying trials towards which a proposal is moved, chosen among so many of the last trials.
constexpr size_t kAnchors = 4;
constexpr int kLastTrials = 2000;
// Changes of single parameters for a result near the proposal.
constexpr int kNearChanges = 200;
// Other starting points when everything found has been seen, ever further away.
constexpr int kMoreTries = 20;

double SquaredDistance(absl::Span<const double> a, absl::Span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

std::vector<double> UnitOf(const SearchSpace& space, const Assignment& assignment) {
  std::vector<double> unit(assignment.size());
  space.ToUnit(assignment, absl::MakeSpan(unit));
  return unit;
}

// The space's known point and satisfying trials near to `unit`. What the request being answered has
// counts as trials after those of the history, so that answers do not depend on batches.
std::vector<Assignment> Anchors(absl::Span<const double> unit, const History& history,
                                const std::vector<Assignment>& taken) {
  const SearchSpace& space = history.space();
  const auto assignment_of = [&](int i) -> const Assignment& {
    return i < history.size() ? history.trial(i).assignment
                              : taken[static_cast<size_t>(i - history.size())];
  };
  std::vector<std::pair<double, int>> nearest;
  const int trials = history.size() + static_cast<int>(taken.size());
  for (int i = std::max(0, trials - kLastTrials); i < trials; ++i) {
    const double distance = i < history.size()
                                ? SquaredDistance(unit, history.unit(i))
                                : SquaredDistance(unit, UnitOf(space, assignment_of(i)));
    nearest.emplace_back(distance, i);
  }
  std::sort(nearest.begin(), nearest.end());
  std::vector<Assignment> anchors = {space.known_point()};
  for (const auto& [distance, i] : nearest) {
    if (anchors.size() > kAnchors) break;
    if (space.IsPoint(assignment_of(i))) anchors.push_back(assignment_of(i));
  }
  return anchors;
}

// Keeps the nearest of the points offered, unseen ones before all others.
class Nearest {
 public:
  Nearest(const SearchSpace& space, absl::Span<const double> unit, const UnseenPoints& unseen)
      : space_(space), unit_(unit), unseen_(unseen) {}

  void Offer(Assignment assignment) {
    const std::pair<bool, double> rank = {!unseen_.IsUnseen(assignment),
                                          SquaredDistance(unit_, UnitOf(space_, assignment))};
    if (best_.has_value() && !(rank < rank_)) return;
    best_ = std::move(assignment);
    rank_ = rank;
  }
  bool has_unseen() const { return best_.has_value() && !rank_.first; }
  const std::optional<Assignment>& best() const { return best_; }

 private:
  const SearchSpace& space_;
  const absl::Span<const double> unit_;
  const UnseenPoints& unseen_;
  std::optional<Assignment> best_;
  std::pair<bool, double> rank_;  // seen, distance
};

void OfferWalk(const SearchSpace& space, const Assignment& start, RandomStream* random,
               Nearest* nearest) {
  std::optional<Assignment> found =
      FindSatisfying(space, space.constraints(), start, random, kNearChanges);
  if (found.has_value()) nearest->Offer(*std::move(found));
}

// The proposal with every coordinate drawn anew by a share of `spread`.
Assignment Shaken(const SearchSpace& space, absl::Span<const double> unit, double spread,
                  RandomStream* random) {
  std::vector<double> shaken(unit.begin(), unit.end());
  for (double& u : shaken) u += spread * (random->Uniform() - u);
  return space.FromUnit(shaken);
}

}  // namespace

Assignment LastSatisfyingTowards(const SearchSpace& space, absl::Span<const double> from,
                                 const Assignment& to) {
  const std::vector<double> end = UnitOf(space, to);
  std::vector<double> unit(end.size());
  Assignment last = to;
  double good = 1;
  double bad = 0;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (good + bad) / 2;
    for (size_t k = 0; k < unit.size(); ++k) unit[k] = from[k] + middle * (end[k] - from[k]);
    Assignment candidate = space.FromUnit(unit);
    if (space.Satisfies(candidate)) {
      good = middle;
      last = std::move(candidate);
    } else {
      bad = middle;
    }
  }
  return last;
}

Assignment UnseenNear(absl::Span<const double> unit, const SearchSpace& space,
                      const UnseenPoints& unseen, RandomStream* random) {
  for (int i = 1; i <= kMoreTries; ++i) {
    const double share = static_cast<double>(i) / kMoreTries;
    Assignment moved = Shaken(space, unit, share * share, random);
    if (space.Satisfies(moved) && unseen.IsUnseen(moved)) return moved;
  }
  return unseen.Pick(random->Bits()).value_or(space.FromUnit(unit));
}

Assignment RepairPoint(absl::Span<const double> unit, const History& history,
                       const UnseenPoints& unseen, RandomStream* random) {
  const SearchSpace& space = history.space();
  Assignment proposal = space.FromUnit(unit);
  if (space.Satisfies(proposal)) return proposal;
  Nearest nearest(space, unit, unseen);
  for (const Assignment& anchor : Anchors(unit, history, unseen.taken())) {
    nearest.Offer(LastSatisfyingTowards(space, unit, anchor));
  }
  OfferWalk(space, proposal, random, &nearest);
  for (int i = 1; i <= kMoreTries && !nearest.has_unseen() && unseen.AnyLeft(); ++i) {
    OfferWalk(space, Shaken(space, unit, static_cast<double>(i) / kMoreTries, random), random,
              &nearest);
  }
  if (nearest.has_unseen()) return *nearest.best();
  return unseen.Pick(random->Bits()).value_or(*nearest.best());
}

}  // namespace qalam
