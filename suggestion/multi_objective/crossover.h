#ifndef QALAM_SUGGESTION_MULTI_OBJECTIVE_CROSSOVER_H_
#define QALAM_SUGGESTION_MULTI_OBJECTIVE_CROSSOVER_H_

#include "core/history.h"
#include "core/random_stream.h"
#include "core/search_space.h"

namespace qalam {

struct CrossoverRates {
  double crossover = 0.9;  // children that have two parents
  double swapping = 0.5;   // parameters of these that take part in it
  double mutation = -1;    // parameters that change by themselves; negative: one in a child
};

// A child of two trials of a history. Ordered parameters, in the unit cube, are crossed by
// simulated binary crossover (Deb and Agrawal, Complex Systems 9, 1995) and changed by polynomial
// mutation, now and then to any value; categories come from either parent, and change to any other
// one.
Assignment BreedByCrossover(const History& history, int first, int second,
                            const CrossoverRates& rates, RandomStream& random);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_MULTI_OBJECTIVE_CROSSOVER_H_
