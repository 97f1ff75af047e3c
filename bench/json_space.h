#ifndef QALAM_BENCH_JSON_SPACE_H_
#define QALAM_BENCH_JSON_SPACE_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/json.h"
#include "core/parameter.h"
#include "core/search_space.h"

namespace qalam::bench {

// The parameter that an entry of a space.json describes: choices give a categorical or (ordinal) a
// discrete parameter, bounds a double or an int. DataLoss when the entry makes no sense.
absl::StatusOr<Parameter> ParameterFromJson(const Json& entry);

// A search space for programs in other languages: a list of objects with name, type, and min, max
// and log (double, int), step where there is one, or list (discrete: numbers; categorical: texts);
// condition, where there is one, with parent and values or min and max.
Json SpaceToJson(const SearchSpace& space);
// The values of an assignment as JSON: numbers, and texts for categorical parameters.
Json AssignmentToJson(const SearchSpace& space, const Assignment& assignment);
// Reads what AssignmentToJson writes; numbers may be given as text. InvalidArgument naming the
// parameter when one is missing, unknown, or its value cannot be read.
absl::StatusOr<Assignment> AssignmentFromJson(const SearchSpace& space, const Json& json);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_JSON_SPACE_H_
