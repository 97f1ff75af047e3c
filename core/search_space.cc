#include "core/search_space.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/feasible_point.h"
#include "core/random_stream.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {

namespace {

// Holds as far as it applies: all parameters mentioned exist.
bool Applies(const ParameterConstraint& constraint, const ConditionTree& tree,
             const Assignment& assignment) {
  if (!tree.any()) return true;
  const std::vector<int>& mentioned = constraint.parameters();
  return std::all_of(mentioned.begin(), mentioned.end(),
                     [&](int i) { return tree.IsActive(assignment, i); });
}

}  // namespace

absl::StatusOr<SearchSpace> SearchSpace::Create(std::vector<Parameter> parameters,
                                                std::vector<ParameterConstraint> constraints) {
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
  QALAM_ASSIGN_OR_RETURN(space.tree_, ConditionTree::Create(parameters));
  space.parameters_ = std::move(parameters);
  space.constraints_ = std::move(constraints);
  QALAM_RETURN_IF_ERROR(space.FindPoints());
  return space;
}

absl::Status SearchSpace::FindPoints() {
  known_point_.resize(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    known_point_[i] = tree_.canonical(static_cast<int>(i));
  }
  tree_.Canonicalize(absl::MakeSpan(known_point_));
  if (constraints_.empty()) return absl::OkStatus();
  const int64_t all = tree_.NumberedCount();
  if (all > 0 && all <= kMaxEnumerated) return EnumeratePoints();
  RandomStream random(0, 0, "known point");
  std::optional<Assignment> found = FindSatisfying(*this, constraints_, known_point_, &random);
  if (!found.has_value()) return ExplainUnsatisfied(*this);
  known_point_ = *std::move(found);
  return absl::OkStatus();
}

absl::Status SearchSpace::EnumeratePoints() {
  auto numbers = std::make_shared<std::vector<int32_t>>();
  for (int64_t k = 0; k < tree_.NumberedCount(); ++k) {
    if (Satisfies(tree_.At(k))) numbers->push_back(static_cast<int32_t>(k));
  }
  if (numbers->empty()) return ExplainUnsatisfied(*this);
  if (!Satisfies(known_point_)) known_point_ = tree_.At(numbers->front());
  numbers_ = std::move(numbers);
  return absl::OkStatus();
}

std::optional<int> SearchSpace::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

Assignment SearchSpace::Canonical(Assignment assignment) const {
  tree_.Canonicalize(absl::MakeSpan(assignment));
  return assignment;
}

bool SearchSpace::Satisfies(const Assignment& assignment) const {
  return FirstViolated(assignment) == nullptr;
}

const ParameterConstraint* SearchSpace::FirstViolated(const Assignment& assignment) const {
  for (const ParameterConstraint& constraint : constraints_) {
    if (!constraint.Holds(assignment) && Applies(constraint, tree_, assignment)) {
      return &constraint;
    }
  }
  return nullptr;
}

double SearchSpace::Violation(const Assignment& assignment) const {
  double sum = 0;
  for (const ParameterConstraint& constraint : constraints_) {
    if (Applies(constraint, tree_, assignment)) sum += constraint.Violation(assignment);
  }
  return sum;
}

bool SearchSpace::IsPoint(const Assignment& assignment) const {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].Snap(assignment[i]) != assignment[i]) return false;
  }
  return (!has_conditions() || Canonical(assignment) == assignment) && Satisfies(assignment);
}

double SearchSpace::Cardinality() const {
  return numbers_ != nullptr ? static_cast<double>(numbers_->size()) : tree_.Count();
}

std::optional<int64_t> SearchSpace::PointCount() const {
  if (numbers_ != nullptr) return static_cast<int64_t>(numbers_->size());
  if (!constraints_.empty() || tree_.NumberedCount() == 0) return std::nullopt;
  return tree_.NumberedCount();
}

Assignment SearchSpace::PointAt(int64_t index) const {
  return tree_.At(numbers_ != nullptr ? (*numbers_)[static_cast<size_t>(index)] : index);
}

void SearchSpace::ToUnit(const Assignment& assignment, absl::Span<double> unit) const {
  if (has_conditions()) {
    const Assignment canonical = Canonical(assignment);
    for (size_t i = 0; i < parameters_.size(); ++i) unit[i] = parameters_[i].ToUnit(canonical[i]);
    return;
  }
  for (size_t i = 0; i < parameters_.size(); ++i) unit[i] = parameters_[i].ToUnit(assignment[i]);
}

Assignment SearchSpace::FromUnit(absl::Span<const double> unit) const {
  Assignment assignment(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) assignment[i] = parameters_[i].FromUnit(unit[i]);
  tree_.Canonicalize(absl::MakeSpan(assignment));
  return assignment;
}

Assignment SearchSpace::FromQuantiles(absl::Span<const double> probabilities) const {
  Assignment assignment(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    assignment[i] = parameters_[i].Quantile(probabilities[i]);
  }
  tree_.Canonicalize(absl::MakeSpan(assignment));
  return assignment;
}

Assignment SearchSpace::FromPriorQuantiles(absl::Span<const double> probabilities) const {
  Assignment assignment(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    assignment[i] = parameters_[i].PriorQuantile(probabilities[i]);
  }
  tree_.Canonicalize(absl::MakeSpan(assignment));
  return assignment;
}

bool SearchSpace::has_priors() const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [](const Parameter& parameter) { return parameter.prior.has_value(); });
}

double SearchSpace::LogPrior(const Assignment& assignment) const {
  double sum = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (!parameter.prior.has_value() || !IsActive(assignment, static_cast<int>(i))) continue;
    sum += parameter.LogPrior(assignment[i]);
  }
  return sum;
}

std::optional<Assignment> SearchSpace::StartPoint() const {
  Assignment assignment(parameters_.size());
  bool all = true;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::optional<double> value = parameters_[i].StartValue();
    all &= value.has_value();
    assignment[i] = parameters_[i].Snap(value.value_or(tree_.canonical(static_cast<int>(i))));
  }
  if (parameters_.empty() || !(all || has_priors())) return std::nullopt;
  tree_.Canonicalize(absl::MakeSpan(assignment));
  if (!Satisfies(assignment)) return std::nullopt;
  return assignment;
}

bool SearchSpace::Contains(const Assignment& assignment) const {
  if (assignment.size() != parameters_.size()) return false;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].Contains(assignment[i])) return false;
  }
  return !has_conditions() || Canonical(assignment) == assignment;
}

NamedValues SearchSpace::Format(const Assignment& assignment) const {
  NamedValues values;
  values.reserve(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!IsActive(assignment, static_cast<int>(i))) continue;
    values.emplace_back(parameters_[i].name, parameters_[i].FormatValue(assignment[i]));
  }
  return values;
}

absl::StatusOr<std::vector<const std::string*>> SearchSpace::TextsByParameter(
    const NamedValues& values) const {
  std::vector<const std::string*> texts(parameters_.size(), nullptr);
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
    if (texts[*index] != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" is given twice in one assignment"));
    }
    texts[*index] = &text;
  }
  return texts;
}

absl::StatusOr<Assignment> SearchSpace::Parse(const NamedValues& values) const {
  QALAM_ASSIGN_OR_RETURN(const std::vector<const std::string*> texts, TextsByParameter(values));
  Assignment assignment(parameters_.size());
  std::optional<int> missing;
  for (const int i : tree_.order()) {  // parents first: they say what must be there
    const Parameter& parameter = parameters_[i];
    if (!IsActive(assignment, i)) {
      assignment[i] = tree_.canonical(i);
      continue;
    }
    if (texts[i] == nullptr) {
      if (!missing.has_value()) missing = i;
      assignment[i] = tree_.canonical(i);
      continue;
    }
    const absl::StatusOr<double> value = parameter.ParseValue(*texts[i]);
    if (!value.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameter.name, "\": ", value.status().message()));
    }
    assignment[i] = *value;
  }
  if (!missing.has_value()) return assignment;
  return absl::InvalidArgumentError(absl::StrCat("parameter \"", parameters_[*missing].name,
                                                 "\" has no value in the assignment"));
}

}  // namespace qalam
