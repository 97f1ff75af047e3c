#include "suggestion/multi_objective/crossover.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suggestion/parameter_choice.h"

namespace qalam {
namespace {

// How near to their parents children are: the exponents of both operators. Larger is nearer.
constexpr double kCrossoverExponent = 10;
constexpr double kMutationExponent = 5;
// Mutations that draw a place anew.
constexpr double kRedraw = 0.1;
// Parents nearer to each other than this are the same.
constexpr double kLeastDistance = 1e-14;

// How far a child lies from the middle of its parents, in half distances between them; at most so
// that it stays inside when the nearer bound is `room` half distances beyond the parent.
double Spread(double room, double uniform) {
  const double power = kCrossoverExponent + 1;
  const double alpha = 2 - std::pow(1 + room, -power);
  if (uniform <= 1 / alpha) return std::pow(uniform * alpha, 1 / power);
  return std::pow(1 / (2 - uniform * alpha), 1 / power);
}

// One of the two children of places in [0, 1], nearer to `mine` or to `other` by chance.
double CrossPlaces(double mine, double other, RandomStream& random) {
  const auto [low, high] = std::minmax(mine, other);
  const double uniform = random.Uniform();
  const bool upper = random.Below(2) == 0;
  if (high - low < kLeastDistance) return mine;
  const double middle = (low + high) / 2;
  const double half = (high - low) / 2;
  const double room = (upper ? 1 - high : low) / half;
  const double away = half * Spread(room, uniform);
  return std::clamp(upper ? middle + away : middle - away, 0.0, 1.0);
}

double MutatePlace(double place, RandomStream& random) {
  if (random.Uniform() < kRedraw) return random.Uniform();
  const double power = kMutationExponent + 1;
  const double uniform = random.Uniform();
  double moved = place;
  if (uniform < 0.5) {
    const double rest = std::pow(1 - place, power);
    moved += std::pow(2 * uniform + (1 - 2 * uniform) * rest, 1 / power) - 1;
  } else {
    const double rest = std::pow(place, power);
    moved += 1 - std::pow(2 * (1 - uniform) + (2 * uniform - 1) * rest, 1 / power);
  }
  return std::clamp(moved, 0.0, 1.0);
}

double MutateOrdered(const Parameter& parameter, double value, double place, RandomStream& random) {
  const double moved = parameter.FromUnit(MutatePlace(place, random));
  const double count = parameter.Cardinality();
  if (!std::isfinite(count) || moved != value) return moved;
  // A step of few values would otherwise mostly stay where it is.
  const int64_t k = parameter.IndexOf(value);
  const bool up = k == 0 || (static_cast<double>(k) + 1 < count && random.Below(2) == 0);
  return parameter.ValueAt(up ? k + 1 : k - 1);
}

double Mutate(const Parameter& parameter, double value, double place, RandomStream& random) {
  return parameter.is_ordered() ? MutateOrdered(parameter, value, place, random)
                                : OtherCategory(parameter, value, random);
}

}  // namespace

Assignment BreedByCrossover(const History& history, int first, int second,
                            const CrossoverRates& rates, RandomStream& random) {
  const SearchSpace& space = history.space();
  Assignment child = history.trial(first).assignment;
  for (int i = 0; i < space.size(); ++i) child[i] = space.parameter(i).Snap(child[i]);
  const std::vector<int> free = FreeParameters(space);
  if (free.empty()) return child;
  const double mutation =
      rates.mutation < 0 ? 1 / static_cast<double>(free.size()) : rates.mutation;
  const bool crossed = random.Uniform() < rates.crossover;
  bool changed = false;
  for (const int i : free) {
    const Parameter& parameter = space.parameter(i);
    const double before = child[i];
    double place = history.unit(first)[i];
    if (crossed && random.Uniform() < rates.swapping) {
      if (parameter.is_ordered()) {
        place = CrossPlaces(place, history.unit(second)[i], random);
        child[i] = parameter.FromUnit(place);
      } else {
        child[i] = parameter.Snap(history.trial(second).assignment[i]);
      }
    }
    if (random.Uniform() < mutation) child[i] = Mutate(parameter, child[i], place, random);
    changed |= child[i] != before;
  }
  if (changed) return child;
  // A copy of a parent would tell nothing.
  const int i = free[random.Below(free.size())];
  child[i] = Mutate(space.parameter(i), child[i], history.unit(first)[i], random);
  return child;
}

}  // namespace qalam
