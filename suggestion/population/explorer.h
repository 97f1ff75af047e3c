#ifndef QALAM_SUGGESTION_POPULATION_EXPLORER_H_
#define QALAM_SUGGESTION_POPULATION_EXPLORER_H_

#include <optional>
#include <string>
#include <vector>

#include "core/history.h"
#include "core/random_stream.h"
#include "core/search_space.h"
#include "suggestion/population/members.h"

namespace qalam {

// Finds what a member that goes on from a better one tries in the place of that one's values.
class Explorer {
 public:
  virtual ~Explorer() = default;

  // A point of the space for the next trial of the history, which goes on from the trial
  // `step.from`. A function of the history.
  virtual Assignment Explore(const History& history, const PopulationStep& step) = 0;
};

// As in the paper: values are multiplied by 0.8 or 1.2. Where that leads nowhere (few values, zero,
// a bound) they move by a step, the other way if need be. A category changes one time in four.
class PerturbingExplorer final : public Explorer {
 public:
  // `resample`: how likely each value is drawn anew instead; then categories change by that alone.
  PerturbingExplorer(std::optional<double> resample, uint64_t seed)
      : resample_(resample), seed_(seed) {}

  Assignment Explore(const History& history, const PopulationStep& step) override;
  // The same for the parameters that are not `kept`; canonical and allowed, but maybe against the
  // constraints of the space.
  Assignment Perturb(const SearchSpace& space, const Assignment& from,
                     const std::vector<bool>& kept, RandomStream& random) const;

 private:
  double PerturbValue(const Parameter& parameter, double value, RandomStream& random) const;

  std::optional<double> resample_;
  uint64_t seed_;
};

// "lr 0.1 -> 0.12, layers 2 -> 3": what differs; "nothing" where nothing does.
std::string DescribeChanges(const SearchSpace& space, const Assignment& from, const Assignment& to);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_POPULATION_EXPLORER_H_
