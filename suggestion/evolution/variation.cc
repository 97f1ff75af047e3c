#include "suggestion/evolution/variation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suggestion/parameter_choice.h"

namespace qalam {
namespace {

constexpr double kRedrawShare = 0.1;  // local steps that draw the value anew
constexpr double kAnotherOne = 0.2;   // local steps that change one parameter more

// The trial's assignment with values that the space does not hold moved to the nearest.
Assignment Snapped(const History& history, int index) {
  Assignment assignment = history.trial(index).assignment;
  for (int i = 0; i < history.space().size(); ++i) {
    assignment[i] = history.space().parameter(i).Snap(assignment[i]);
  }
  return assignment;
}

// The category of a child: that of the good trial with probability f; where the two others differ,
// that of the first with probability f of the rest; else the target's.
double InheritCategory(const Parameter& parameter, const double (&values)[4], double f, bool force,
                       RandomStream& random) {
  const auto [target, good, plus, minus] = values;
  double value = target;
  if (random.Uniform() < f) value = good;
  if (value == target && plus != minus && random.Uniform() < f) value = plus;
  return force && value == target ? OtherCategory(parameter, target, random) : value;
}

// One step up or down for stepped parameters that would otherwise stay where they are.
double Step(const Parameter& parameter, double value, double unit, double length,
            RandomStream& random) {
  double moved = unit + length * random.Normal();
  // Half way to the bound that it crosses, so that bounds are approached and not piled upon.
  if (moved < 0) moved = unit / 2;
  if (moved > 1) moved = (unit + 1) / 2;
  const double result = parameter.FromUnit(moved);
  const double count = parameter.Cardinality();
  if (!std::isfinite(count) || result != value) return result;
  const int64_t k = parameter.IndexOf(value);
  const bool up = k == 0 || (static_cast<double>(k) + 1 < count && random.Below(2) == 0);
  return parameter.ValueAt(up ? k + 1 : k - 1);
}

double ChangeLocally(const History& history, const LocalParents& parents, int i, double value,
                     RandomStream& random) {
  const Parameter& parameter = history.space().parameter(i);
  if (!parameter.is_ordered()) return OtherCategory(parameter, value, random);
  if (random.Uniform() < kRedrawShare) return parameter.FromUnit(random.Uniform());
  const double distance = std::fabs(history.unit(parents.plus)[i] - history.unit(parents.minus)[i]);
  // Equal values of two members say little: the length is then of any order of magnitude.
  const double length = distance > 0 ? distance : 0.3 * std::pow(10, -3 * random.Uniform());
  return Step(parameter, value, history.unit(parents.parent)[i], length, random);
}

}  // namespace

Assignment BreedDifferential(const History& history, const DifferentialParents& parents, double f,
                             double cr, RandomStream& random) {
  const SearchSpace& space = history.space();
  Assignment child = Snapped(history, parents.target);
  const std::vector<int> free = FreeParameters(space);
  if (free.empty()) return child;
  const int forced = free[random.Below(free.size())];
  const auto value = [&](int trial, int i) {
    return space.parameter(i).Snap(history.trial(trial).assignment[i]);
  };
  for (const int i : free) {
    if (random.Uniform() >= cr && i != forced) continue;
    const Parameter& parameter = space.parameter(i);
    if (!parameter.is_ordered()) {
      const double values[4] = {child[i], value(parents.good, i), value(parents.plus, i),
                                value(parents.minus, i)};
      child[i] = InheritCategory(parameter, values, f, i == forced, random);
      continue;
    }
    const double x = history.unit(parents.target)[i];
    double u = x + f * (history.unit(parents.good)[i] - x) +
               f * (history.unit(parents.plus)[i] - history.unit(parents.minus)[i]);
    if (u < 0) u = x / 2;
    if (u > 1) u = (x + 1) / 2;
    child[i] = parameter.FromUnit(u);
  }
  return child;
}

Assignment BreedLocal(const History& history, const LocalParents& parents, RandomStream& random) {
  Assignment child = Snapped(history, parents.parent);
  const std::vector<int> free = FreeParameters(history.space());
  if (free.empty()) return child;
  do {
    const int i = free[random.Below(free.size())];
    child[i] = ChangeLocally(history, parents, i, child[i], random);
  } while (random.Uniform() < kAnotherOne);
  return child;
}

}  // namespace qalam
