#include "core/search_space.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/text.h"

namespace qalam {

absl::StatusOr<SearchSpace> SearchSpace::Create(std::vector<Parameter> parameters) {
  SearchSpace space;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    if (parameter.name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("parameters[", i, "].name is empty"));
    }
    if (const absl::Status status = parameter.Validate(); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameter.name, "\": ", status.message()));
    }
    if (!space.index_.emplace(parameter.name, static_cast<int>(i)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameter.name, "\" is given twice; names must differ"));
    }
  }
  space.parameters_ = std::move(parameters);
  return space;
}

std::optional<int> SearchSpace::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

double SearchSpace::Cardinality() const {
  double product = 1;
  for (const Parameter& parameter : parameters_) product *= parameter.Cardinality();
  return product;
}

void SearchSpace::ToUnit(const Assignment& assignment, absl::Span<double> unit) const {
  for (size_t i = 0; i < parameters_.size(); ++i) unit[i] = parameters_[i].ToUnit(assignment[i]);
}

Assignment SearchSpace::FromUnit(absl::Span<const double> unit) const {
  Assignment assignment(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) assignment[i] = parameters_[i].FromUnit(unit[i]);
  return assignment;
}

Assignment SearchSpace::FromQuantiles(absl::Span<const double> probabilities) const {
  Assignment assignment(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    assignment[i] = parameters_[i].Quantile(probabilities[i]);
  }
  return assignment;
}

bool SearchSpace::Contains(const Assignment& assignment) const {
  if (assignment.size() != parameters_.size()) return false;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].Contains(assignment[i])) return false;
  }
  return true;
}

NamedValues SearchSpace::Format(const Assignment& assignment) const {
  NamedValues values;
  values.reserve(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    values.emplace_back(parameters_[i].name, parameters_[i].FormatValue(assignment[i]));
  }
  return values;
}

absl::StatusOr<Assignment> SearchSpace::Parse(const NamedValues& values) const {
  Assignment assignment(parameters_.size());
  std::vector<bool> given(parameters_.size());
  for (const auto& [name, text] : values) {
    const std::optional<int> index = Find(name);
    if (!index.has_value()) {
      std::vector<std::string> names;
      for (const Parameter& parameter : parameters_) names.push_back(parameter.name);
      const std::string guess = ClosestMatch(name, names);
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" is not in the search space",
                       guess.empty() ? "" : absl::StrCat("; did you mean \"", guess, "\"?")));
    }
    if (given[*index]) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" is given twice in one assignment"));
    }
    const absl::StatusOr<double> value = parameters_[*index].ParseValue(text);
    if (!value.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\": ", value.status().message()));
    }
    given[*index] = true;
    assignment[*index] = *value;
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!given[i]) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameters_[i].name, "\" has no value in the assignment"));
    }
  }
  return assignment;
}

}  // namespace qalam
