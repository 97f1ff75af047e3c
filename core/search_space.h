#ifndef QALAM_CORE_SEARCH_SPACE_H_
#define QALAM_CORE_SEARCH_SPACE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/condition_tree.h"
#include "core/constraint.h"
#include "core/parameter.h"

namespace qalam {

// One value for each parameter of a search space, in its order; see Parameter for what a value is.
using Assignment = std::vector<double>;

// Parameter names and values as text, in the order of the search space: how trials see an
// Assignment.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

// The parameters of an experiment and the map between assignments and the unit cube.
//
// Parameters may have conditions (see ConditionTree) and the space constraints. An assignment
// always has a finite number for every parameter; it is canonical when each parameter that does not
// exist at it holds its canonical value. A point of the space is a canonical assignment of allowed
// values that satisfies every constraint. All assignments that the space makes are canonical and
// allowed; whether they satisfy the constraints is for the caller to see to (Satisfies).
class SearchSpace {
 public:
  // The most canonical assignments that are tried one by one to find the points of a finite space
  // with constraints.
  static constexpr int64_t kMaxEnumerated = int64_t{1} << 20;

  SearchSpace() = default;
  // InvalidArgument naming the parameter when one is invalid, a name is repeated or empty, or a
  // condition makes no sense; naming the constraint when no point satisfies it, or all of them
  // together, or none was found. `constraints` were parsed against the same parameters.
  static absl::StatusOr<SearchSpace> Create(std::vector<Parameter> parameters,
                                            std::vector<ParameterConstraint> constraints = {});

  int size() const { return static_cast<int>(parameters_.size()); }
  const Parameter& parameter(int i) const { return parameters_[i]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<ParameterConstraint>& constraints() const { return constraints_; }
  // The index of the parameter called `name`; nothing when there is none.
  std::optional<int> Find(absl::string_view name) const;

  bool has_conditions() const { return tree_.any(); }
  // The parameters above and below each other, and their canonical values.
  const ConditionTree& tree() const { return tree_; }
  // True when parameter `i` exists at `assignment`.
  bool IsActive(const Assignment& assignment, int i) const { return tree_.IsActive(assignment, i); }
  // The assignment with what does not exist set to its canonical value.
  Assignment Canonical(Assignment assignment) const;

  // True when every constraint holds; one that mentions a parameter that does not exist does.
  bool Satisfies(const Assignment& assignment) const;
  // The first constraint that does not hold; null when all do.
  const ParameterConstraint* FirstViolated(const Assignment& assignment) const;
  // 0 when every constraint holds; else greater than 0, and smaller nearer to where they do.
  double Violation(const Assignment& assignment) const;
  // True for the space's points: Contains, Satisfies, and on the grid to the last bit.
  bool IsPoint(const Assignment& assignment) const;
  // A point of the space: the defaults where they are one, else any. The same on every machine.
  const Assignment& known_point() const { return known_point_; }

  // True when some parameter has a prior.
  bool has_priors() const;
  // log of the density of all priors of parameters that exist at `assignment`; see
  // Parameter::LogPrior.
  double LogPrior(const Assignment& assignment) const;
  // Where a person would begin, as far as they said so: every parameter has its likeliest value by
  // the prior, else its default, else the middle. Nothing when there is no prior and not every
  // parameter has a default, or when the point violates a constraint.
  std::optional<Assignment> StartPoint() const;

  // The number of points; infinity as soon as a parameter that can exist is continuous. With
  // constraints on a space of more than kMaxEnumerated canonical assignments an upper bound: the
  // number of these.
  double Cardinality() const;
  // The number of points where it is known exactly and at most 2^62; PointAt numbers them then.
  std::optional<int64_t> PointCount() const;
  // The point numbered `index`, 0 <= index < *PointCount(). Lexicographic: the last parameter
  // varies fastest, values in increasing order (below a parent as in ConditionTree::At).
  Assignment PointAt(int64_t index) const;

  // Writes the place of the canonical form of `assignment` in the unit cube; `unit` has size()
  // elements.
  void ToUnit(const Assignment& assignment, absl::Span<double> unit) const;
  // The allowed canonical assignment nearest to a point of the unit cube.
  Assignment FromUnit(absl::Span<const double> unit) const;
  // The canonical assignment at the given probabilities of each parameter's own distribution.
  Assignment FromQuantiles(absl::Span<const double> probabilities) const;
  // The same of the priors, where parameters have one.
  Assignment FromPriorQuantiles(absl::Span<const double> probabilities) const;

  // True when every value is allowed and the assignment is canonical. Constraints are not looked
  // at.
  bool Contains(const Assignment& assignment) const;
  // The parameters that exist at `assignment`, in order.
  NamedValues Format(const Assignment& assignment) const;
  // Reads named texts in any order into a canonical assignment. InvalidArgument when a parameter
  // that exists is missing or its text cannot be read, or a name is unknown or repeated. Texts of
  // parameters that do not exist there are ignored.
  absl::StatusOr<Assignment> Parse(const NamedValues& values) const;

 private:
  absl::Status FindPoints();
  absl::Status EnumeratePoints();
  absl::StatusOr<std::vector<const std::string*>> TextsByParameter(const NamedValues& values) const;

  std::vector<Parameter> parameters_;
  std::vector<ParameterConstraint> constraints_;
  absl::flat_hash_map<std::string, int> index_;
  ConditionTree tree_;
  // With constraints on a space that can be enumerated: the numbers that ConditionTree::At gives to
  // the points, in order. Shared by copies.
  std::shared_ptr<const std::vector<int32_t>> numbers_;
  Assignment known_point_;
};

}  // namespace qalam

#endif  // QALAM_CORE_SEARCH_SPACE_H_
