// Parameter::Validate: what makes a parameter impossible, in words for its author.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr double kMaxExact = 9007199254740992;  // 2^53: every whole number up to here is a double

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::Status CheckBounds(const Parameter& parameter) {
  for (const auto& [field, bound] : {std::pair("min", parameter.min), {"max", parameter.max}}) {
    if (!std::isfinite(bound)) {
      return Invalid(field, " is ", FormatNumber(bound), "; it must be a finite number");
    }
  }
  if (parameter.min > parameter.max) {
    return Invalid("min ", FormatNumber(parameter.min), " is greater than max ",
                   FormatNumber(parameter.max));
  }
  if (parameter.is_log() && parameter.min <= 0) {
    return Invalid("distribution ", DistributionName(parameter.distribution),
                   " needs min > 0, not ", FormatNumber(parameter.min));
  }
  return absl::OkStatus();
}

absl::Status CheckWhole(const Parameter& parameter) {
  for (const auto& [field, bound] : {std::pair("min", parameter.min), {"max", parameter.max}}) {
    if (bound != std::floor(bound)) {
      return Invalid(field, " ", FormatNumber(bound), " of an int parameter is not a whole number");
    }
    if (std::fabs(bound) > kMaxExact) {
      return Invalid(field, " ", FormatNumber(bound),
                     " of an int parameter is outside -2^53 to 2^53");
    }
  }
  if (parameter.step.has_value() && *parameter.step != std::floor(*parameter.step)) {
    return Invalid("step ", FormatNumber(*parameter.step),
                   " of an int parameter is not a whole number");
  }
  if (parameter.step.has_value() && *parameter.step > 2 * kMaxExact) {
    return Invalid("step ", FormatNumber(*parameter.step), " of an int parameter is above 2^54");
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const Parameter& parameter) {
  if (!parameter.step.has_value()) return absl::OkStatus();
  const double step = *parameter.step;
  if (!std::isfinite(step) || step <= 0) {
    return Invalid("step is ", FormatNumber(step), "; it must be a finite number > 0");
  }
  if (parameter.type == ParameterType::kInt) return absl::OkStatus();
  // Neighbours on the grid must be different doubles, and their indices exact.
  const double magnitude = std::max(std::fabs(parameter.min), std::fabs(parameter.max));
  const double smallest = magnitude * (8 * std::numeric_limits<double>::epsilon());
  if (parameter.min < parameter.max && step < smallest) {
    return Invalid("step ", FormatNumber(step), " is too small for the range ",
                   FormatNumber(parameter.min), " to ", FormatNumber(parameter.max),
                   "; leave it out for a continuous parameter");
  }
  return absl::OkStatus();
}

absl::Status CheckDiscrete(const Parameter& parameter) {
  double last = -std::numeric_limits<double>::infinity();
  for (const std::string& text : parameter.list) {
    const std::optional<double> number = ParseNumber(text);
    if (!number.has_value() || !std::isfinite(*number)) {
      return Invalid("list value \"", text, "\" of a discrete parameter is not a finite number");
    }
    if (*number == last) return Invalid("list value \"", text, "\" is repeated");
    if (*number < last) {
      return Invalid("list value \"", text, "\" comes after ", FormatNumber(last),
                     "; the values of a discrete parameter must increase");
    }
    last = *number;
  }
  return absl::OkStatus();
}

absl::Status CheckCategorical(const Parameter& parameter) {
  std::set<std::string> seen;
  for (const std::string& text : parameter.list) {
    if (!seen.insert(text).second) return Invalid("list value \"", text, "\" is repeated");
  }
  return absl::OkStatus();
}

absl::Status CheckDefault(const Parameter& parameter) {
  if (!parameter.default_value.has_value() || parameter.Contains(*parameter.default_value)) {
    return absl::OkStatus();
  }
  const double value = *parameter.default_value;
  if (!parameter.is_numeric()) {
    return Invalid("default is number ", FormatNumber(value), " of a list of ",
                   parameter.list.size(), " values");
  }
  return Invalid("default is ", FormatNumber(value), "; it must be one of the allowed values from ",
                 FormatNumber(parameter.min), " to ", FormatNumber(parameter.max));
}

absl::Status CheckValues(const Parameter& parameter) {
  if (parameter.is_numeric()) {
    QALAM_RETURN_IF_ERROR(CheckBounds(parameter));
    QALAM_RETURN_IF_ERROR(CheckStep(parameter));
    return parameter.type == ParameterType::kInt ? CheckWhole(parameter) : absl::OkStatus();
  }
  if (parameter.list.empty()) {
    return Invalid("list is empty; a ", ParameterTypeName(parameter.type),
                   " parameter needs one value");
  }
  return parameter.type == ParameterType::kDiscrete ? CheckDiscrete(parameter)
                                                    : CheckCategorical(parameter);
}

absl::Status CheckPrior(const Parameter& parameter) {
  if (!parameter.prior.has_value()) return absl::OkStatus();
  const ParameterPrior& prior = *parameter.prior;
  if (parameter.is_ordered()) {
    const bool sound =
        prior.mean >= 0 && prior.mean <= 1 && prior.deviation > 0 && std::isfinite(prior.deviation);
    if (sound) return absl::OkStatus();
    return Invalid("prior has mean ", FormatNumber(prior.mean), " and deviation ",
                   FormatNumber(prior.deviation),
                   "; they must lie in [0, 1] and be greater than 0");
  }
  if (prior.weights.size() != parameter.list.size()) {
    return Invalid("prior has ", prior.weights.size(), " weights for ", parameter.list.size(),
                   " values");
  }
  for (const double weight : prior.weights) {
    if (weight > 0 && std::isfinite(weight)) continue;
    return Invalid("prior has a weight of ", FormatNumber(weight),
                   "; weights must be greater than 0");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Parameter::Validate() const {
  QALAM_RETURN_IF_ERROR(CheckValues(*this));
  QALAM_RETURN_IF_ERROR(CheckPrior(*this));
  return CheckDefault(*this);
}

}  // namespace qalam
