// The search space as a whole: spec.parameters with their conditions, and
// spec.parameterConstraints.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"

namespace qalam {
namespace {

// More than people write; bounds the work that a hostile file makes.
constexpr size_t kMaxConstraints = 100;

absl::StatusOr<ParameterConstraint> ReadConstraint(const SpecField& item,
                                                   const std::vector<Parameter>& parameters) {
  if (item.node()->kind != YamlNode::Kind::kMap) {
    return ParameterConstraint::Parse(item.Text(), parameters);
  }
  const SpecField forbidden = item.At("forbidden");
  if (!forbidden.present()) {
    return absl::InvalidArgumentError(
        "expected a text such as \"a < b\", or forbidden with values by parameter");
  }
  return ParameterConstraint::Forbid(forbidden.TextEntries(), parameters);
}

// The fields of the constraints, beside them.
struct Constraints {
  std::vector<ParameterConstraint> parsed;
  std::vector<SpecField> fields;
};

Constraints ReadConstraints(const SpecField& list, const std::vector<Parameter>& parameters) {
  Constraints constraints;
  for (const SpecField& item : list.Items()) {
    if (constraints.fields.size() == kMaxConstraints) {
      list.Error(absl::StrCat("there are more than ", kMaxConstraints, " constraints"));
      break;
    }
    absl::StatusOr<ParameterConstraint> constraint = ReadConstraint(item, parameters);
    if (!constraint.ok()) {
      item.Error(constraint.status().message());
      continue;
    }
    constraints.parsed.push_back(*std::move(constraint));
    constraints.fields.push_back(item);
  }
  return constraints;
}

// A problem of the whole space is reported at the parameter or constraint that it names first.
void ReportSpaceProblem(const SpecField& parameters, const SpecField& list,
                        const std::vector<std::pair<std::string, SpecField>>& constraints,
                        absl::string_view message) {
  for (const SpecField& item : parameters.Items()) {
    const std::string prefix =
        absl::StrCat("parameter \"", item.At("name").Text(), "\": condition ");
    const std::string circle =
        absl::StrCat("parameter \"", item.At("name").Text(), "\": conditions ");
    if (absl::StartsWith(message, prefix) || absl::StartsWith(message, circle)) {
      return item.At("condition").Error(message);
    }
  }
  for (const auto& [text, field] : constraints) {
    if (absl::StartsWith(message, absl::StrCat("constraint \"", text, "\": "))) {
      return field.Error(message);
    }
  }
  (constraints.empty() ? parameters : list).Error(message);
}

}  // namespace

std::shared_ptr<const SearchSpace> ReadSpace(const SpecField& spec) {
  const SpecField parameters = spec.At("parameters");
  const SpecField nas = spec.At("nasConfig");
  if (nas.present()) {
    nas.Error(absl::StrCat("architecture search is not supported yet; give spec.parameters instead",
                           parameters.present() ? " and remove nasConfig" : ""));
    if (!parameters.present()) return nullptr;
  }
  const int64_t errors = spec.report()->errors();
  std::vector<Parameter> read = ReadParameters(parameters);
  if (parameters.Items().empty()) {
    parameters.Error("is missing; give at least one parameter to tune");
  }
  if (spec.report()->errors() > errors) return nullptr;
  const SpecField list = spec.At("parameterConstraints");
  if (const auto tree = ConditionTree::Create(read); !tree.ok()) {
    ReportSpaceProblem(parameters, list, {}, tree.status().message());
  }
  Constraints constraints = ReadConstraints(list, read);
  if (spec.report()->errors() > errors) return nullptr;
  std::vector<std::pair<std::string, SpecField>> places;
  for (size_t i = 0; i < constraints.fields.size(); ++i) {
    places.emplace_back(constraints.parsed[i].text(), constraints.fields[i]);
  }
  absl::StatusOr<SearchSpace> space =
      SearchSpace::Create(std::move(read), std::move(constraints.parsed));
  if (!space.ok()) {
    ReportSpaceProblem(parameters, list, places, space.status().message());
    return nullptr;
  }
  return std::make_shared<const SearchSpace>(*std::move(space));
}

}  // namespace qalam
