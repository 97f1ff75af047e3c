#ifndef QALAM_CORE_PARAMETER_H_
#define QALAM_CORE_PARAMETER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace qalam {

enum class ParameterType { kDouble, kInt, kDiscrete, kCategorical };

// How a numeric parameter is drawn when nothing is known of it. The logarithmic ones also say that
// distances are to be measured in log space.
enum class Distribution { kUniform, kLogUniform, kNormal, kLogNormal };

// Katib's spellings: "double", "int", "discrete", "categorical"; "uniform", "logUniform", ...
absl::string_view ParameterTypeName(ParameterType type);
absl::string_view DistributionName(Distribution distribution);
std::optional<ParameterType> ParseParameterType(absl::string_view name);
std::optional<Distribution> ParseDistribution(absl::string_view name);

// When a parameter exists: while another one, its parent, exists and has one of these values.
// Exactly one of the two forms is used.
struct ParameterCondition {
  std::string parent;
  // For a categorical, discrete or int parent: its values, as text. Empty when a range is given.
  std::vector<std::string> values;
  // For a numeric or discrete parent: the closed range of its number; an absent end is open.
  std::optional<double> min;
  std::optional<double> max;
  friend bool operator==(const ParameterCondition&, const ParameterCondition&) = default;
};

// Where a person expects good values of a parameter; results overrule it in time.
struct ParameterPrior {
  // Of ordered parameters: a normal distribution over the unit interval of Parameter::ToUnit, cut
  // off at its ends. The deviation is greater than 0.
  double mean = 0.5;
  double deviation = 0.15;
  // Of kCategorical: how likely each value is in comparison with the others, greater than 0.
  std::vector<double> weights;
  friend bool operator==(const ParameterPrior&, const ParameterPrior&) = default;
};

// One dimension of a search space.
//
// A value of a parameter is a double: the number itself for kDouble and kInt, the index into `list`
// for kDiscrete and kCategorical. Values become text only at the edges (FormatValue, ParseValue).
struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kDouble;
  // kDouble and kInt: the closed range. kInt ranges lie within +-2^53.
  double min = 0;
  double max = 0;
  // kDouble and kInt: values are min + k * step, up to and including max where it is a whole number
  // of steps away (to within rounding). Absent: every double; every int.
  std::optional<double> step;
  // Used by kDouble and kInt; kUniform otherwise.
  Distribution distribution = Distribution::kUniform;
  // kDiscrete: numbers as written, in increasing numeric order; kCategorical: any texts, as given.
  std::vector<std::string> list;
  // Absent: the parameter always exists. The parent is looked up by SearchSpace::Create.
  std::optional<ParameterCondition> condition;
  // The value to assume when there is no other; must be allowed.
  std::optional<double> default_value;
  std::optional<ParameterPrior> prior;

  bool is_numeric() const { return type == ParameterType::kDouble || type == ParameterType::kInt; }
  bool is_log() const {
    return distribution == Distribution::kLogUniform || distribution == Distribution::kLogNormal;
  }
  // True where the values have an order that a model may use (everything but kCategorical).
  bool is_ordered() const { return type != ParameterType::kCategorical; }

  // The number of different values; infinity for a kDouble without step.
  double Cardinality() const;
  // The k-th value, 0 <= k < Cardinality(), in increasing order. Requires a finite cardinality.
  double ValueAt(int64_t k) const;
  // The index of the value nearest to `value`, the inverse of ValueAt.
  int64_t IndexOf(double value) const;
  // `value` moved to the nearest allowed value: into [min, max] and on to the step grid.
  double Snap(double value) const;
  // True when `value` is allowed (on the grid to within rounding).
  bool Contains(double value) const;

  // The place of `value` in [0, 1], linear or logarithmic; outside the range it is clamped. A range
  // of one value (and NaN) maps to 0.5. Continuous parameters map min to 0 and max to 1. All others
  // map each value into its own cell: [0, 1] stands for the range with half a step added at both
  // ends, so that on a linear scale the k-th of n values maps to (k + 0.5) / n.
  double ToUnit(double value) const;
  // The inverse, snapped to an allowed value. Cells are of equal width on a linear scale, so
  // uniform `unit` gives every value of a stepped parameter the same share; on a logarithmic one, a
  // cell's ends are half a step from its value. FromUnit(ToUnit(v)) is v for every allowed v,
  // exactly for up to 2^50 values (2^44 on a logarithmic scale), to within rounding beyond and for
  // continuous v.
  double FromUnit(double unit) const;
  // The value at probability `p` in (0, 1) of the declared distribution, snapped. normal: mean at
  // the middle, deviation a sixth of the range of FromUnit, cut off at its ends (so that no mass
  // piles up there); logNormal: the same in log space; kDiscrete and kCategorical: uniform.
  double Quantile(double p) const;

  // The same of the prior, where there is one.
  double PriorQuantile(double p) const;
  // log of the density of three parts prior and one part uniform distribution, over that of the
  // uniform one alone: beliefs may be wrong. At least log 1/4; 0 where there is no prior.
  double LogPrior(double value) const;
  // The most likely value of the prior, else the default; nothing where there is neither.
  std::optional<double> StartValue() const;

  // Shortest text that reads back as the same value; the list's own text for lists.
  std::string FormatValue(double value) const;
  // The value that `text` denotes; InvalidArgument when it is not a number or not in the list.
  // Numbers outside the range are returned as they are (trials of others may have them).
  absl::StatusOr<double> ParseValue(absl::string_view text) const;

  // The number that `value` stands for: the list's number for kDiscrete, else `value` itself.
  double NumberOf(double value) const;

  // InvalidArgument with the reason when the parameter itself makes no sense (min > max, step <= 0,
  // log with min <= 0, empty or repeated list, non-finite bounds, ints that are not whole, a
  // default that is not allowed, a prior without width or with missing weights). The condition is
  // not looked at.
  absl::Status Validate() const;

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

// Shortest decimal text that reads back as exactly `value` ("0.1", "1e-05", "64", "nan", "inf").
std::string FormatNumber(double value);
// Reads a decimal number ("1", "-.5", "1e-3", "nan", "inf"); nothing else may follow or precede it.
std::optional<double> ParseNumber(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_CORE_PARAMETER_H_
