#ifndef QALAM_SUGGESTION_START_POINTS_H_
#define QALAM_SUGGESTION_START_POINTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/registry.h"
#include "suggestion/unseen_points.h"

namespace qalam {

// What to try before an algorithm has plans of its own: what a person believes in (priors and
// defaults; SearchSpace::StartPoint), then the best of earlier experiments.
//
// The sources take turns, each with the best of its points that is not close to one taken already:
// the second best of a search that has converged would tell nothing new. Points are moved into the
// bounds first; those that violate a constraint are left out. There are at most kMaxFromSources of
// them, so that sources that mislead cost no more trials than that.
class StartPoints {
 public:
  static constexpr int kMaxFromSources = 5;

  explicit StartPoints(const SuggesterSpec& spec);

  int size() const { return static_cast<int>(points_.size()); }
  // The first of them that is new; nothing when all have been tried.
  std::optional<Suggestion> Next(const UnseenPoints& unseen) const;

 private:
  std::vector<Suggestion> points_;
};

// A point of a first design: at the given probabilities of the declared distributions or, where
// there are priors, for three of four `index`es at those of the priors; the fourth guards against
// beliefs that are wrong.
Assignment DesignPoint(const SearchSpace& space, uint64_t index,
                       absl::Span<const double> probabilities);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_START_POINTS_H_
