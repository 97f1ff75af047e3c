#include "core/dominance.h"

#include <cstddef>

namespace qalam {

bool Dominates(absl::Span<const double> a, absl::Span<const double> b) {
  bool smaller = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
    smaller |= a[k] < b[k];
  }
  return smaller;
}

}  // namespace qalam
