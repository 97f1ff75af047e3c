#include "suggestion/parameter_choice.h"

#include <cstdint>

namespace qalam {

std::vector<int> FreeParameters(const SearchSpace& space) {
  std::vector<int> free;
  for (int i = 0; i < space.size(); ++i) {
    if (space.parameter(i).Cardinality() > 1) free.push_back(i);
  }
  return free;
}

double OtherCategory(const Parameter& parameter, double value, RandomStream& random) {
  const int64_t count = static_cast<int64_t>(parameter.list.size());
  const int64_t drawn = static_cast<int64_t>(random.Below(static_cast<uint64_t>(count) - 1));
  return static_cast<double>(drawn < static_cast<int64_t>(value) ? drawn : drawn + 1);
}

}  // namespace qalam
