#ifndef QALAM_CORE_CONDITION_TREE_H_
#define QALAM_CORE_CONDITION_TREE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/parameter.h"

namespace qalam {

// Which parameters of a search space exist at a point, and how many different points there are. The
// conditions make the parameters a forest: a parameter without condition is a root, one with a
// condition hangs below its parent.
//
// A parameter that does not exist holds its canonical value: its default, else the value at the
// middle of the unit interval. So points that differ only in what does not exist are one point.
class ConditionTree {
 public:
  // How many conditions may stand one above the other.
  static constexpr int kMaxDepth = 64;

  ConditionTree() = default;
  // Requires valid parameters of different names. InvalidArgument naming the parameter when a
  // condition has an unknown parent (with a did-you-mean), lists values that the parent does not
  // have, can never hold, or when conditions form a circle.
  static absl::StatusOr<ConditionTree> Create(std::vector<Parameter> parameters);

  // True when some parameter has a condition.
  bool any() const { return any_; }
  // The parameter whose value decides over parameter `i`; -1 for a root.
  int parent(int i) const { return rules_[i].parent; }
  // What parameter `i` holds while it does not exist.
  double canonical(int i) const { return canonical_[i]; }
  // All parameters, parents before their children.
  absl::Span<const int> order() const { return order_; }

  // True when parameter `i` exists at `assignment`, which may hold anything for what does not.
  bool IsActive(absl::Span<const double> assignment, int i) const;
  // Sets what does not exist to its canonical value.
  void Canonicalize(absl::Span<double> assignment) const;

  // The number of canonical points; infinity when a parameter that can exist is continuous.
  double Count() const { return count_; }
  // The same as a whole number; 0 when there are more than 2^62.
  int64_t NumberedCount() const { return numbered_; }
  // The point numbered `index`, 0 <= index < NumberedCount(): lexicographic, the last root varies
  // fastest and, below each value of a root, its children in the same way.
  std::vector<double> At(int64_t index) const;

 private:
  // When a parameter exists, in the parent's values.
  struct Rule {
    int parent = -1;
    std::vector<double> values;  // sorted; empty: the range counts
    double min = 0;
    double max = 0;
    bool Holds(double value) const;
  };
  // Neighbouring values of a parameter at which the same children exist.
  struct Segment {
    int64_t first = 0;          // index of the first value
    int64_t values = 0;         // how many
    int64_t points = 1;         // of the children together, at each value; 0 when too many
    int64_t start = 0;          // points before this segment
    std::vector<int> children;  // those that exist
  };

  absl::Status Compile();
  absl::StatusOr<Rule> CompileRule(const Parameter& child) const;
  absl::Status CheckCircles() const;
  void CountPoints();
  void CountBelow(int i);
  std::vector<int64_t> Breakpoints(int i) const;
  void Unrank(int i, int64_t index, std::vector<double>* point) const;
  void UnrankAll(absl::Span<const int> siblings, int64_t index, std::vector<double>* point) const;

  std::vector<Parameter> parameters_;
  std::vector<Rule> rules_;
  std::vector<double> canonical_;
  std::vector<std::vector<int>> children_;
  std::vector<int> roots_;
  std::vector<int> order_;
  bool any_ = false;
  // Of the subtree below and including each parameter, given that it exists.
  std::vector<double> counts_;
  std::vector<int64_t> numbered_below_;
  std::vector<std::vector<Segment>> segments_;  // of parameters with children
  double count_ = 1;
  int64_t numbered_ = 1;
};

}  // namespace qalam

#endif  // QALAM_CORE_CONDITION_TREE_H_
