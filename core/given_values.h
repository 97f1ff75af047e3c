#ifndef QALAM_CORE_GIVEN_VALUES_H_
#define QALAM_CORE_GIVEN_VALUES_H_

#include <string>

#include "core/search_space.h"

namespace qalam {

// The values that a person gives for a trial, and the defaults of the parameters that they leave
// out.
NamedValues WithDefaults(NamedValues values, const SearchSpace& space);

// What keeps an assignment, as SearchSpace::Parse makes it, from being a point of the space, for
// people: "the value 5 of "lr" is not allowed by its feasibleSpace". "" when it is one.
std::string WhyNoPoint(const SearchSpace& space, const Assignment& assignment);

}  // namespace qalam

#endif  // QALAM_CORE_GIVEN_VALUES_H_
