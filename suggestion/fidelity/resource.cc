#include "suggestion/fidelity/resource.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

absl::Status NotThis(const Parameter& parameter, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("resource_name is \"", parameter.name, "\", ", why));
}

absl::Status CheckParameter(const SearchSpace& space, int index) {
  const Parameter& parameter = space.parameter(index);
  if (parameter.type == ParameterType::kCategorical) {
    return NotThis(parameter,
                   "a categorical parameter; an amount is a double, an int or a discrete one");
  }
  if (parameter.condition.has_value()) {
    return NotThis(parameter, "which exists under a condition; every trial needs an amount");
  }
  for (int i = 0; i < space.size(); ++i) {
    if (space.parameter(i).condition.has_value() && space.tree().parent(i) == index) {
      return NotThis(parameter, absl::StrCat("on which ", space.parameter(i).name,
                                             " depends; a configuration must be the same with "
                                             "every amount"));
    }
  }
  for (const ParameterConstraint& constraint : space.constraints()) {
    const std::vector<int>& mentioned = constraint.parameters();
    if (std::find(mentioned.begin(), mentioned.end(), index) != mentioned.end()) {
      return NotThis(parameter, absl::StrCat("which the constraint \"", constraint.text(),
                                             "\" mentions; a configuration must be allowed with "
                                             "every amount"));
    }
  }
  return absl::OkStatus();
}

// The parameter with its greatest value only.
Parameter Pinned(const Parameter& parameter) {
  Parameter pinned;
  pinned.name = parameter.name;
  pinned.type = parameter.type;
  if (parameter.is_numeric()) {
    pinned.min = pinned.max = parameter.max;
    pinned.default_value = parameter.max;
  } else {
    pinned.list = {parameter.list.back()};
    pinned.default_value = 0;
  }
  return pinned;
}

}  // namespace

absl::StatusOr<Resource> Resource::Create(const std::shared_ptr<const SearchSpace>& space,
                                          absl::string_view name) {
  const std::optional<int> index = space->Find(name);
  if (!index.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "value of resource_name setting must be in parameters. There is no \"", name, "\""));
  }
  QALAM_RETURN_IF_ERROR(CheckParameter(*space, *index));
  Resource resource(*space, *index);
  std::vector<Parameter> parameters = space->parameters();
  parameters[static_cast<size_t>(*index)] = Pinned(resource.parameter_);
  std::vector<ParameterConstraint> constraints;
  for (const ParameterConstraint& constraint : space->constraints()) {
    QALAM_ASSIGN_OR_RETURN(ParameterConstraint parsed,
                           ParameterConstraint::Parse(constraint.text(), parameters));
    constraints.push_back(std::move(parsed));
  }
  QALAM_ASSIGN_OR_RETURN(SearchSpace configurations,
                         SearchSpace::Create(std::move(parameters), std::move(constraints)));
  resource.configurations_ = std::make_shared<const SearchSpace>(std::move(configurations));
  return resource;
}

double Resource::least() const {
  return parameter_.is_numeric() ? parameter_.min : parameter_.NumberOf(0);
}

double Resource::greatest() const {
  return parameter_.is_numeric()
             ? parameter_.Snap(parameter_.max)
             : parameter_.NumberOf(static_cast<double>(parameter_.list.size()) - 1);
}

double Resource::Allowed(double amount) const {
  if (!parameter_.is_numeric()) {
    double nearest = 0;
    for (size_t k = 1; k < parameter_.list.size(); ++k) {
      const double index = static_cast<double>(k);
      const double distance = std::abs(parameter_.NumberOf(index) - amount);
      if (distance < std::abs(parameter_.NumberOf(nearest) - amount)) nearest = index;
    }
    return parameter_.NumberOf(nearest);
  }
  if (amount >= parameter_.min && amount <= parameter_.max) return parameter_.Snap(amount);
  return parameter_.type == ParameterType::kInt ? std::max(1.0, std::round(amount)) : amount;
}

Assignment Resource::WithAmount(Assignment configuration, double amount) const {
  double value = amount;
  if (!parameter_.is_numeric()) {
    const double last = static_cast<double>(parameter_.list.size()) - 1;
    value = 0;
    while (value < last && parameter_.NumberOf(value) < amount) ++value;
  }
  configuration[static_cast<size_t>(index_)] = value;
  return configuration;
}

Assignment Resource::ConfigurationOf(Assignment trial) const {
  trial[static_cast<size_t>(index_)] = configurations_->parameter(index_).ValueAt(0);
  return trial;
}

SuggesterSpec Resource::ConfigurationSpec(const SuggesterSpec& spec) const {
  SuggesterSpec inner = spec;
  inner.space = configurations_;
  inner.seed = EffectiveSeed(spec);
  inner.settings.clear();
  if (inner.duplicates == DuplicatePolicy::kReuse) inner.duplicates = DuplicatePolicy::kAvoid;
  for (auto& source : inner.sources) {
    SourceTrials told = *source;
    for (Assignment& point : told.points) point = ConfigurationOf(std::move(point));
    source = std::make_shared<const SourceTrials>(std::move(told));
  }
  return inner;
}

}  // namespace qalam
