#ifndef QALAM_SUGGESTION_TPE_PARZEN_SPACE_H_
#define QALAM_SUGGESTION_TPE_PARZEN_SPACE_H_

#include <vector>

#include "absl/types/span.h"
#include "core/condition_tree.h"
#include "core/search_space.h"
#include "suggestion/tpe/parzen_axis.h"

namespace qalam {

// The parameters that a Parzen estimator models, numbers before labels; those of one value are left
// out. A point is a row of width() values: places, then labels.
class ParzenSpace {
 public:
  explicit ParzenSpace(const SearchSpace& space);

  int numbers() const { return static_cast<int>(numbers_.size()); }
  int labels() const { return static_cast<int>(labels_.size()); }
  int width() const { return numbers() + labels(); }
  const ParzenAxis& number(int i) const { return numbers_[static_cast<size_t>(i)]; }
  const ParzenAxis& label(int i) const { return labels_[static_cast<size_t>(i)]; }
  // Value `column` of a point.
  const ParzenAxis& axis(int column) const {
    return column < numbers() ? number(column) : label(column - numbers());
  }

  // From and to the unit cube; `point` has width() elements.
  void Encode(absl::Span<const double> unit, absl::Span<double> point) const;
  std::vector<double> Decode(absl::Span<const double> point) const;

  // Whether points may lack values, because parameters have conditions. NaN stands for those.
  bool optional() const { return tree_.any(); }
  // Takes the values of parameters that do not exist at `assignment` from its point.
  void DropMissing(absl::Span<const double> assignment, absl::Span<double> point) const;
  // The point without the values of all parameters that have a condition.
  std::vector<double> Unconditional(absl::Span<const double> point) const;

  // log density of the prior, up to factors that are the same for every kernel.
  double LogPrior(absl::Span<const double> point) const;

 private:
  int size_;  // of the search space
  ConditionTree tree_;
  std::vector<ParzenAxis> numbers_;
  std::vector<ParzenAxis> labels_;
  std::vector<int> parameters_;           // of each column
  std::vector<double> prior_log_masses_;  // of each column
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_PARZEN_SPACE_H_
