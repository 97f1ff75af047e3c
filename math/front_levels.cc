#include "math/front_levels.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/dominance.h"

namespace qalam {

void FrontLevels::Insert(absl::Span<const double> row) {
  std::vector<int> arriving = {rows().size()};
  values_.insert(values_.end(), row.begin(), row.end());
  size_t level = 0, high = fronts_.size();
  while (level < high) {
    const size_t middle = (level + high) / 2;
    if (IsDominatedBy(fronts_[middle], arriving[0])) {
      level = middle + 1;
    } else {
      high = middle;
    }
  }
  // Whoever is dominated by those that arrive in a front leaves it for the next one.
  for (; level < fronts_.size() && !arriving.empty(); ++level) {
    std::vector<int>& front = fronts_[level];
    const auto leaving = std::stable_partition(
        front.begin(), front.end(), [&](int member) { return !IsDominatedBy(arriving, member); });
    std::vector<int> left(leaving, front.end());
    front.erase(leaving, front.end());
    if (front.empty()) {
      // All of it moves on: so does every later front.
      front = std::move(arriving);
      fronts_.insert(fronts_.begin() + static_cast<std::ptrdiff_t>(level) + 1, std::move(left));
      for (size_t i = level; i <= level + 1; ++i) std::sort(fronts_[i].begin(), fronts_[i].end());
      return;
    }
    front.insert(front.end(), arriving.begin(), arriving.end());
    std::sort(front.begin(), front.end());
    arriving = std::move(left);
  }
  if (!arriving.empty()) fronts_.push_back(std::move(arriving));
}

// The newest first: in a search that makes progress they dominate most.
bool FrontLevels::IsDominatedBy(const std::vector<int>& front, int row) const {
  return std::any_of(front.rbegin(), front.rend(),
                     [&](int other) { return Dominates(rows().row(other), rows().row(row)); });
}

}  // namespace qalam
