#include "core/given_values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace qalam {

NamedValues WithDefaults(NamedValues values, const SearchSpace& space) {
  for (const Parameter& parameter : space.parameters()) {
    const bool given = std::any_of(values.begin(), values.end(), [&](const auto& entry) {
      return entry.first == parameter.name;
    });
    if (given || !parameter.default_value.has_value()) continue;
    values.emplace_back(parameter.name, parameter.FormatValue(*parameter.default_value));
  }
  return values;
}

std::string WhyNoPoint(const SearchSpace& space, const Assignment& assignment) {
  for (int i = 0; i < space.size(); ++i) {
    const Parameter& parameter = space.parameter(i);
    if (parameter.Contains(assignment[i])) continue;
    return absl::StrCat("the value ", parameter.FormatValue(assignment[i]), " of \"",
                        parameter.name, "\" is not allowed by its feasibleSpace");
  }
  const ParameterConstraint* violated = space.FirstViolated(assignment);
  if (violated == nullptr) return "";
  return absl::StrCat("the values violate the constraint \"", violated->text(), "\"");
}

}  // namespace qalam
