#ifndef QALAM_SUGGESTION_PARAMETER_CHOICE_H_
#define QALAM_SUGGESTION_PARAMETER_CHOICE_H_

#include <vector>

#include "core/parameter.h"
#include "core/random_stream.h"
#include "core/search_space.h"

namespace qalam {

// Indices of the parameters that have more than one value.
std::vector<int> FreeParameters(const SearchSpace& space);

// A category drawn from all but `value` of a parameter that has at least two.
double OtherCategory(const Parameter& parameter, double value, RandomStream& random);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_PARAMETER_CHOICE_H_
