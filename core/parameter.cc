#include "core/parameter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

constexpr int64_t kContinuous = -1;
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// max - min, or half of it where that overflows: only ever used in ratios of the same kind.
double Scaled(double high, double low, bool halve) {
  return halve ? high / 2 - low / 2 : high - low;
}

double LargestMagnitude(const Parameter& parameter) {
  return std::max(std::fabs(parameter.min), std::fabs(parameter.max));
}

// How many steps a stepped kDouble's `value` lies above min.
double StepsAboveMin(const Parameter& parameter, double value) {
  const bool halve = !std::isfinite(parameter.max - parameter.min);
  const double steps = Scaled(value, parameter.min, halve) / *parameter.step;
  return halve ? 2 * steps : steps;
}

double RangeInSteps(const Parameter& parameter) { return StepsAboveMin(parameter, parameter.max); }

// How far a computed number of steps may be from a whole one and still be meant as it.
double StepTolerance(const Parameter& parameter, double steps) {
  const double rounding = 4 * kEpsilon * (LargestMagnitude(parameter) / *parameter.step + steps);
  return std::min(0.25, std::max(1e-9, rounding));
}

bool MaxIsOnGrid(const Parameter& parameter, double steps) {
  return std::fabs(steps - std::round(steps)) <= StepTolerance(parameter, steps);
}

// The index of the last value, or kContinuous.
int64_t LastIndex(const Parameter& parameter) {
  if (!parameter.is_numeric()) return static_cast<int64_t>(parameter.list.size()) - 1;
  if (parameter.type == ParameterType::kInt) {
    const int64_t range = static_cast<int64_t>(parameter.max) - static_cast<int64_t>(parameter.min);
    return range / static_cast<int64_t>(parameter.step.value_or(1));
  }
  if (parameter.min == parameter.max) return 0;
  if (!parameter.step.has_value()) return kContinuous;
  const double steps = RangeInSteps(parameter);
  return static_cast<int64_t>(MaxIsOnGrid(parameter, steps) ? std::round(steps)
                                                            : std::floor(steps));
}

// How many digits the shortest text of `value` has after the decimal point.
int Decimals(double value) {
  char text[32];
  char* const end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  char* const exponent = std::find(text, end, 'e');
  char* const point = std::find(text, exponent, '.');
  const int digits = point == exponent ? 0 : static_cast<int>(exponent - point) - 1;
  int power = 0;
  std::from_chars(exponent[1] == '+' ? exponent + 2 : exponent + 1, end, power);
  return std::max(0, digits - power);
}

// min + k * step as written in decimal: 0.1 + 2 * 0.1 is 0.3, not 0.30000000000000004. The exact
// result has no more decimals than min and step, so the double nearest to that decimal is meant.
double DecimalGridPoint(double min, double step, int64_t k) {
  // In halves, so that a range wider than the largest double does no harm.
  const double value = 2 * (min / 2 + static_cast<double>(k) * (step / 2));
  const int decimals = std::max(Decimals(min), Decimals(step));
  char text[800];  // the longest: 309 digits, the point, 340 decimals
  const std::to_chars_result end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, decimals);
  const std::string rounded(text, end.ptr);
  return ParseNumber(rounded).value_or(value) + 0.0;  // + 0.0 turns -0 into 0
}

// The index of the integer nearest to `value` on min, min + step, ...; exact beyond 2^53 apart.
int64_t NearestIntIndex(const Parameter& parameter, double value) {
  const double clamped = std::clamp(value, parameter.min, parameter.max);
  const int64_t step = static_cast<int64_t>(parameter.step.value_or(1));
  const double whole = std::floor(clamped);
  const int64_t offset = static_cast<int64_t>(whole) - static_cast<int64_t>(parameter.min);
  const double rest = static_cast<double>(offset % step) + (clamped - whole);
  return offset / step + (2 * rest >= static_cast<double>(step) ? 1 : 0);
}

// What FromUnit maps [0, 1] to, on a linear or logarithmic scale: for stepped numbers the range
// with half a step added at both ends, so that the first and last value have whole cells too.
struct LogScale {
  double low;
  double high;
};

LogScale LogScaleOf(const Parameter& parameter, int64_t last) {
  if (last == kContinuous) return {std::log(parameter.min), std::log(parameter.max)};
  const double half = parameter.step.value_or(1) / 2;
  // A first cell that would reach 0 ends at min / 2 instead.
  const double low = std::max(parameter.min - half, parameter.min / 2);
  return {std::log(low), std::log(parameter.ValueAt(last) + half)};
}

}  // namespace

absl::string_view ParameterTypeName(ParameterType type) {
  switch (type) {
    case ParameterType::kDouble:
      return "double";
    case ParameterType::kInt:
      return "int";
    case ParameterType::kDiscrete:
      return "discrete";
    case ParameterType::kCategorical:
      break;
  }
  return "categorical";
}

absl::string_view DistributionName(Distribution distribution) {
  switch (distribution) {
    case Distribution::kUniform:
      return "uniform";
    case Distribution::kLogUniform:
      return "logUniform";
    case Distribution::kNormal:
      return "normal";
    case Distribution::kLogNormal:
      break;
  }
  return "logNormal";
}

std::optional<ParameterType> ParseParameterType(absl::string_view name) {
  for (const ParameterType type : {ParameterType::kDouble, ParameterType::kInt,
                                   ParameterType::kDiscrete, ParameterType::kCategorical}) {
    if (name == ParameterTypeName(type)) return type;
  }
  return std::nullopt;
}

std::optional<Distribution> ParseDistribution(absl::string_view name) {
  for (const Distribution distribution : {Distribution::kUniform, Distribution::kLogUniform,
                                          Distribution::kNormal, Distribution::kLogNormal}) {
    if (name == DistributionName(distribution)) return distribution;
  }
  return std::nullopt;
}

double Parameter::Cardinality() const {
  const int64_t last = LastIndex(*this);
  if (last == kContinuous) return std::numeric_limits<double>::infinity();
  return static_cast<double>(last) + 1;
}

double Parameter::ValueAt(int64_t k) const {
  if (!is_numeric()) return static_cast<double>(k);
  if (k == 0) return min;
  if (type == ParameterType::kInt) {
    const int64_t stride = static_cast<int64_t>(step.value_or(1));
    return static_cast<double>(static_cast<int64_t>(min) + k * stride);
  }
  const double steps = RangeInSteps(*this);
  if (MaxIsOnGrid(*this, steps) && static_cast<double>(k) == std::round(steps)) return max;
  return std::min(max, DecimalGridPoint(min, *step, k));
}

int64_t Parameter::IndexOf(double value) const {
  if (std::isnan(value)) return 0;
  const int64_t last = LastIndex(*this);
  if (last <= 0) return 0;
  if (type == ParameterType::kInt) return std::min(last, NearestIntIndex(*this, value));
  const double place = type == ParameterType::kDouble
                           ? StepsAboveMin(*this, std::clamp(value, min, max))
                           : std::clamp(value, 0.0, static_cast<double>(last));
  return std::clamp<int64_t>(static_cast<int64_t>(std::round(place)), 0, last);
}

double Parameter::Snap(double value) const {
  if (LastIndex(*this) != kContinuous) return ValueAt(IndexOf(value));
  return std::isnan(value) ? min : std::clamp(value, min, max);
}

bool Parameter::Contains(double value) const {
  if (!std::isfinite(value)) return false;
  if (LastIndex(*this) == kContinuous) return value >= min && value <= max;
  const double distance = std::fabs(value - Snap(value));
  if (type != ParameterType::kDouble) return distance == 0;
  const double rounding = 4 * kEpsilon * LargestMagnitude(*this);
  return distance <= std::max(rounding, 1e-9 * step.value_or(0));
}

double Parameter::ToUnit(double value) const {
  const int64_t last = LastIndex(*this);
  if (last == 0 || std::isnan(value)) return 0.5;
  double unit = 0;
  if (is_numeric() && is_log()) {
    const LogScale scale = LogScaleOf(*this, last);
    const double place = std::log(std::clamp(value, min, max));
    unit = scale.high > scale.low ? (place - scale.low) / (scale.high - scale.low) : 0.5;
  } else if (last == kContinuous) {
    const double inside = std::clamp(value, min, max);
    const bool halve = !std::isfinite(max - min);
    unit = Scaled(inside, min, halve) / Scaled(max, min, halve);
  } else {
    const double places = type == ParameterType::kDouble ? StepsAboveMin(*this, value)
                          : type == ParameterType::kInt  ? (value - min) / step.value_or(1)
                                                         : value;
    unit = (places + 0.5) / (static_cast<double>(last) + 1);
  }
  return std::clamp(unit, 0.0, 1.0);
}

double Parameter::FromUnit(double unit) const {
  const int64_t last = LastIndex(*this);
  if (last == 0) return ValueAt(0);
  const double u = std::isnan(unit) ? 0.5 : std::clamp(unit, 0.0, 1.0);
  if (is_numeric() && is_log()) {
    const LogScale scale = LogScaleOf(*this, last);
    if (last == kContinuous && (u == 0 || u == 1)) return u == 0 ? min : max;
    return Snap(std::exp(scale.low + u * (scale.high - scale.low)));
  }
  if (last == kContinuous) {
    const double range = max - min;
    return Snap(std::isfinite(range) ? min + u * range : min * (1 - u) + max * u);
  }
  const double count = static_cast<double>(last) + 1;
  return ValueAt(std::min(last, static_cast<int64_t>(u * count)));
}

double Parameter::Quantile(double p) const {
  const bool normal =
      distribution == Distribution::kNormal || distribution == Distribution::kLogNormal;
  if (!is_numeric() || !normal) return FromUnit(p);
  // The ends lie three deviations from the mean. The tails beyond them are cut off and their share
  // is spread over the inside, so that no mass piles up at min and max.
  const double tail = NormalCdf(-3);
  const double z = NormalQuantile(tail + std::clamp(p, 0.0, 1.0) * (1 - 2 * tail));
  return FromUnit((z + 3) / 6);
}

std::string Parameter::FormatValue(double value) const {
  if (is_numeric()) return FormatNumber(value);
  return list.empty() ? "" : list[static_cast<size_t>(IndexOf(value))];
}

absl::StatusOr<double> Parameter::ParseValue(absl::string_view text) const {
  const std::optional<double> number = ParseNumber(text);
  const bool is_number = number.has_value() && !std::isnan(*number);
  if (is_numeric()) {
    if (!is_number) {
      return absl::InvalidArgumentError(absl::StrCat("value \"", text, "\" is not a number"));
    }
    // The grid's own double, so that texts with rounding errors still name the same point.
    return Contains(*number) && LastIndex(*this) != kContinuous ? Snap(*number) : *number;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == text) return static_cast<double>(i);
  }
  for (size_t i = 0; type == ParameterType::kDiscrete && is_number && i < list.size(); ++i) {
    if (ParseNumber(list[i]) == number) return static_cast<double>(i);  // "1.0" for "1"
  }
  return absl::InvalidArgumentError(
      absl::StrCat("value \"", text, "\" is not in the list [", absl::StrJoin(list, ", "), "]"));
}

double Parameter::NumberOf(double value) const {
  if (type != ParameterType::kDiscrete || list.empty()) return value;
  return ParseNumber(list[static_cast<size_t>(IndexOf(value))]).value_or(value);
}

}  // namespace qalam
