#include "core/constraint.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/constraint_parser.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

using Node = ParameterConstraint::Node;
using Relation = ConstraintTest::Relation;

constexpr long double kTolerance = 1e-12L;
// What a violated strict or unequal test is at least away from holding.
constexpr double kLeastViolation = 1e-9;

// A sum with the magnitude of its largest term. Long, because bounds may be near the largest
// double.
struct Sum {
  long double value = 0;
  long double size = 0;
};

Sum Evaluate(const ConstraintTest& test, absl::Span<const double> assignment) {
  Sum sum{test.constant, std::fabs(static_cast<long double>(test.constant))};
  for (const ConstraintTest::Term& term : test.terms) {
    const long double part = static_cast<long double>(term.factor) *
                             static_cast<long double>(term.Number(assignment[term.parameter]));
    sum.value += part;
    sum.size = std::max(sum.size, std::fabs(part));
  }
  return sum;
}

bool Compare(Relation relation, const Sum& sum) {
  const long double tolerance = kTolerance * sum.size;
  switch (relation) {
    case Relation::kLess:
      return sum.value < -tolerance;
    case Relation::kLessEqual:
      return sum.value <= tolerance;
    case Relation::kEqual:
      return std::fabs(sum.value) <= tolerance;
    case Relation::kNotEqual:
      break;
  }
  return std::fabs(sum.value) > tolerance;
}

bool HoldsAt(const Node& node, absl::Span<const double> assignment) {
  const auto holds = [&](const Node& child) { return HoldsAt(child, assignment); };
  switch (node.kind) {
    case Node::Kind::kAll:
      return std::all_of(node.children.begin(), node.children.end(), holds);
    case Node::Kind::kAny:
      return std::any_of(node.children.begin(), node.children.end(), holds);
    case Node::Kind::kTest:
      break;
  }
  return node.test.Holds(assignment);
}

double ViolationAt(const Node& node, absl::Span<const double> assignment) {
  if (node.kind == Node::Kind::kTest) return node.test.Violation(assignment);
  const bool all = node.kind == Node::Kind::kAll;
  double result = all || node.children.empty() ? 0 : 1e300;
  for (const Node& child : node.children) {
    const double violation = ViolationAt(child, assignment);
    result = all ? result + violation : std::min(result, violation);
  }
  return result;
}

void CollectFailed(const Node& node, absl::Span<const double> assignment,
                   std::vector<const ConstraintTest*>* failed) {
  if (HoldsAt(node, assignment)) return;
  if (node.kind == Node::Kind::kTest) failed->push_back(&node.test);
  for (const Node& child : node.children) CollectFailed(child, assignment, failed);
}

void CollectParameters(const Node& node, std::set<int>* parameters) {
  for (const ConstraintTest::Term& term : node.test.terms) parameters->insert(term.parameter);
  for (const Node& child : node.children) CollectParameters(child, parameters);
}

std::string ForbiddenText(const std::vector<std::pair<std::string, std::string>>& values) {
  std::string text = "not (";
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " and ", values[i].first, " == '", values[i].second, "'");
  }
  return absl::StrCat(text, ")");
}

}  // namespace

double ConstraintTest::Term::Number(double value) const {
  if (numbers.empty()) return value;
  const double last = static_cast<double>(numbers.size()) - 1;
  const double index = std::isnan(value) ? 0 : std::clamp(std::round(value), 0.0, last);
  return numbers[static_cast<size_t>(index)];
}

bool ConstraintTest::Holds(absl::Span<const double> assignment) const {
  return Compare(relation, Evaluate(*this, assignment));
}

double ConstraintTest::Violation(absl::Span<const double> assignment) const {
  const Sum sum = Evaluate(*this, assignment);
  if (Compare(relation, sum)) return 0;
  const long double share = sum.size > 0 ? std::fabs(sum.value) / sum.size : 0;
  return std::isfinite(share) ? std::max(kLeastViolation, static_cast<double>(share)) : 2;
}

ParameterConstraint::ParameterConstraint(std::string text, Node root)
    : text_(std::move(text)), root_(std::move(root)) {
  std::set<int> parameters;
  CollectParameters(root_, &parameters);
  mentioned_.assign(parameters.begin(), parameters.end());
}

absl::StatusOr<ParameterConstraint> ParameterConstraint::Parse(
    absl::string_view text, absl::Span<const Parameter> parameters) {
  QALAM_ASSIGN_OR_RETURN(Node root, ParseConstraintText(text, parameters));
  return ParameterConstraint(std::string(text), std::move(root));
}

absl::StatusOr<ParameterConstraint> ParameterConstraint::Forbid(
    const std::vector<std::pair<std::string, std::string>>& values,
    absl::Span<const Parameter> parameters) {
  if (values.empty()) return absl::InvalidArgumentError("the forbidden combination is empty");
  Node root{.kind = Node::Kind::kAny};
  std::set<int> seen;
  for (const auto& [name, text] : values) {
    QALAM_ASSIGN_OR_RETURN(const int i, FindConstraintParameter(name, parameters));
    const absl::StatusOr<double> value = parameters[i].ParseValue(text);
    if (!value.ok() || !parameters[i].Contains(*value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" is not a value of the parameter \"", name, "\""));
    }
    if (!seen.insert(i).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the parameter \"", name, "\" is there twice"));
    }
    Node differs;
    differs.test = {
        .terms = {{.parameter = i}}, .constant = -*value, .relation = Relation::kNotEqual};
    root.children.push_back(std::move(differs));
  }
  return ParameterConstraint(ForbiddenText(values), std::move(root));
}

bool ParameterConstraint::Holds(absl::Span<const double> assignment) const {
  return HoldsAt(root_, assignment);
}

double ParameterConstraint::Violation(absl::Span<const double> assignment) const {
  return ViolationAt(root_, assignment);
}

std::vector<const ConstraintTest*> ParameterConstraint::FailedTests(
    absl::Span<const double> assignment) const {
  std::vector<const ConstraintTest*> failed;
  CollectFailed(root_, assignment, &failed);
  return failed;
}

}  // namespace qalam
