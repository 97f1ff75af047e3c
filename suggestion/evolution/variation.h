#ifndef QALAM_SUGGESTION_EVOLUTION_VARIATION_H_
#define QALAM_SUGGESTION_EVOLUTION_VARIATION_H_

#include "core/history.h"
#include "core/random_stream.h"
#include "core/search_space.h"

namespace qalam {

// How new points are bred from trials of a history, given by index. Ordered parameters move in the
// unit cube and are then snapped to allowed values; categories are inherited or drawn.

// current-to-pbest/1 with binomial crossover (JADE: Zhang and Sanderson, IEEE TEC 13, 2009): the
// target moves towards a good trial and by the difference of two others. `f` and `cr` in [0, 1].
struct DifferentialParents {
  int target = 0;
  int good = 0;
  int plus = 0, minus = 0;  // of the difference
};
Assignment BreedDifferential(const History& history, const DifferentialParents& parents, double f,
                             double cr, RandomStream& random);

// Changes one parameter of `parent`, rarely more: a category to any other, an ordered value by a
// step as long as the spread of the population, seen in the distance of two of its members. Steps
// of settled populations go on becoming smaller, and now and then a value is drawn anew.
struct LocalParents {
  int parent = 0;
  int plus = 0, minus = 0;  // whose distance is the step's length
};
Assignment BreedLocal(const History& history, const LocalParents& parents, RandomStream& random);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_EVOLUTION_VARIATION_H_
