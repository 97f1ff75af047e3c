#ifndef QALAM_CORE_SEARCH_SPACE_H_
#define QALAM_CORE_SEARCH_SPACE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/parameter.h"

namespace qalam {

// One value for each parameter of a search space, in its order; see Parameter for what a value is.
using Assignment = std::vector<double>;

// Parameter names and values as text, in the order of the search space: how trials see an
// Assignment.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

// The parameters of an experiment and the map between assignments and the unit cube.
class SearchSpace {
 public:
  SearchSpace() = default;
  // InvalidArgument naming the parameter when one is invalid or a name is repeated or empty.
  static absl::StatusOr<SearchSpace> Create(std::vector<Parameter> parameters);

  int size() const { return static_cast<int>(parameters_.size()); }
  const Parameter& parameter(int i) const { return parameters_[i]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  // The index of the parameter called `name`; nothing when there is none.
  std::optional<int> Find(absl::string_view name) const;

  // The number of different assignments; infinity as soon as one parameter is continuous.
  double Cardinality() const;

  // Writes the point of `assignment` in the unit cube; `unit` has size() elements.
  void ToUnit(const Assignment& assignment, absl::Span<double> unit) const;
  // The allowed assignment nearest to a point of the unit cube.
  Assignment FromUnit(absl::Span<const double> unit) const;
  // The assignment at the given probabilities of each parameter's own distribution.
  Assignment FromQuantiles(absl::Span<const double> probabilities) const;

  bool Contains(const Assignment& assignment) const;
  NamedValues Format(const Assignment& assignment) const;
  // Reads named texts in any order. InvalidArgument when a parameter is missing, unknown, repeated
  // or its text cannot be read.
  absl::StatusOr<Assignment> Parse(const NamedValues& values) const;

 private:
  std::vector<Parameter> parameters_;
  absl::flat_hash_map<std::string, int> index_;
};

}  // namespace qalam

#endif  // QALAM_CORE_SEARCH_SPACE_H_
