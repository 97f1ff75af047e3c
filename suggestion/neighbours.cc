#include "suggestion/neighbours.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace qalam {
namespace {

// How far neighbours are looked for along one parameter.
constexpr int64_t kMaxSteps = 16;

// The assignment with parameter i moved by `steps`; nothing at the ends of the range.
std::optional<Assignment> Moved(const SearchSpace& space, const Assignment& assignment, int i,
                                int64_t steps) {
  const Parameter& parameter = space.parameter(i);
  const double count = parameter.Cardinality();
  const int64_t k = parameter.IndexOf(assignment[i]) + steps;
  if (k < 0 || static_cast<double>(k) >= count) return std::nullopt;
  Assignment moved = assignment;
  moved[i] = parameter.ValueAt(k);
  return moved;
}

std::vector<int> ShuffledFiniteParameters(const SearchSpace& space, RandomStream& random) {
  std::vector<int> order;
  for (int i = 0; i < space.size(); ++i) {
    const double count = space.parameter(i).Cardinality();
    if (count < 0x1p62 && count > 1) order.push_back(i);
  }
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

}  // namespace

std::optional<Assignment> NearestUnseen(const SearchSpace& space, const UnseenPoints& unseen,
                                        const Assignment& assignment, RandomStream& random) {
  const std::vector<int> order = ShuffledFiniteParameters(space, random);
  for (int64_t steps = 1; steps <= kMaxSteps; ++steps) {
    for (const int i : order) {
      const int64_t first = random.Below(2) == 0 ? steps : -steps;
      for (const int64_t offset : {first, -first}) {
        std::optional<Assignment> moved = Moved(space, assignment, i, offset);
        if (moved.has_value() && unseen.IsUnseen(*moved)) return moved;
      }
    }
  }
  return unseen.Pick(random.Bits());
}

}  // namespace qalam
