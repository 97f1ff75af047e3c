// spec.parameters: what Katib's webhook checks, and what it lets through to fail later.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"

namespace qalam {
namespace {

constexpr double kMaxWhole = 9007199254740992;  // 2^53

// As in Katib, an empty text is as good as none.
bool IsAbsent(const SpecField& field) {
  return !field.present() ||
         (field.node()->kind == YamlNode::Kind::kScalar && field.Text().empty());
}

// A number in a field that holds it as a text; reports what is not a finite number.
std::optional<double> ReadNumber(const SpecField& field) {
  if (IsAbsent(field)) return std::nullopt;
  const std::optional<double> number = ParseNumber(field.Text());
  if (number && std::isfinite(*number)) return number;
  if (field.node()->kind == YamlNode::Kind::kScalar) {
    field.Error(absl::StrCat(Quote(field.Text()), " is not a finite decimal number"));
  }
  return std::nullopt;
}

std::optional<double> ReadBound(const SpecField& field, ParameterType type) {
  const std::optional<double> number = ReadNumber(field);
  if (!number || type != ParameterType::kInt) return number;
  if (*number != std::floor(*number)) {
    field.Error(absl::StrCat(Quote(field.Text()),
                             " is not a whole number; use parameterType double for fractions"));
    return std::nullopt;
  }
  if (std::fabs(*number) > kMaxWhole) {
    field.Error(absl::StrCat(Quote(field.Text()),
                             " is too large for an int parameter; allowed: "
                             "-9007199254740992 to 9007199254740992"));
    return std::nullopt;
  }
  return number;
}

// The step does not lead from min to max: what of that range will be left out.
void WarnOffGrid(const SpecField& space, const Parameter& parameter) {
  if (!parameter.step || parameter.min >= parameter.max) return;
  const double steps = (parameter.max - parameter.min) / *parameter.step;
  const double whole = std::floor(steps * (1 + 1e-12) + 1e-9);
  if (std::fabs(steps - whole) <= 1e-9 * std::max(1.0, steps)) return;
  const double last = parameter.min + whole * *parameter.step;
  space.At("max").Warn(
      absl::StrCat("max ", FormatNumber(parameter.max), " is not a whole number of steps of ",
                   FormatNumber(*parameter.step), " from min ", FormatNumber(parameter.min),
                   "; the largest value tried is ", FormatNumber(parameter.Snap(last))));
}

void RequireBound(const SpecField& bound, const SpecField& type) {
  if (!IsAbsent(bound)) return;
  bound.Error(absl::StrCat("is missing; a parameter of type ", type.Text(), " needs min and max"));
}

// What makes no sense for a parameter of this type is an error, as in Katib.
void RejectField(const SpecField& field, const SpecField& type, absl::string_view needs) {
  if (IsAbsent(field)) return;
  if (field.node()->kind == YamlNode::Kind::kList && field.node()->items.empty()) return;
  field.Error(
      absl::StrCat("is not allowed for a parameter of type ", type.Text(), ", which ", needs));
}

void ReadRange(const SpecField& space, const SpecField& type, Parameter* parameter) {
  RejectField(space.At("list"), type, "has min and max");
  RequireBound(space.At("min"), type);
  RequireBound(space.At("max"), type);
  const std::optional<double> min = ReadBound(space.At("min"), parameter->type);
  const std::optional<double> max = ReadBound(space.At("max"), parameter->type);
  const std::optional<double> step = ReadBound(space.At("step"), parameter->type);
  parameter->min = min.value_or(0);
  parameter->max = max.value_or(parameter->min);
  if (min && max && *min > *max) {
    space.At("min").Error(
        absl::StrCat("min ", FormatNumber(*min), " is greater than max ", FormatNumber(*max)));
    return;
  }
  if (step && *step <= 0) {
    space.At("step").Error(
        absl::StrCat("step is ", FormatNumber(*step), "; it must be greater than 0"));
  } else {
    parameter->step = step;
  }
  if (min && parameter->is_log() && *min <= 0) {
    space.At("min").Error(absl::StrCat("min is ", FormatNumber(*min), "; distribution ",
                                       DistributionName(parameter->distribution),
                                       " needs a min greater than 0"));
  } else if (min && max) {
    WarnOffGrid(space, *parameter);
  }
}

// A list's items as texts; reports those that are none and those that are there already.
std::vector<std::string> ReadList(const SpecField& list, ParameterType type) {
  std::vector<std::string> texts;
  std::map<std::string, std::string> seen;  // what makes a value the same -> how it was written
  for (const SpecField& item : list.Items()) {
    if (item.node()->kind != YamlNode::Kind::kScalar) continue;
    std::string same = item.Text();
    if (type == ParameterType::kDiscrete) {
      const std::optional<double> number = ReadNumber(item);
      if (!number) continue;
      same = FormatNumber(*number == 0 ? 0.0 : *number);
    }
    const auto [found, is_new] = seen.emplace(same, item.Text());
    if (!is_new) {
      item.Error(absl::StrCat(Quote(item.Text()), " repeats the value ", Quote(found->second)));
      continue;
    }
    texts.push_back(item.Text());
  }
  return texts;
}

void ReadValues(const SpecField& space, const SpecField& type, Parameter* parameter) {
  for (const char* name : {"min", "max", "step"}) RejectField(space.At(name), type, "has a list");
  const SpecField list = space.At("list");
  if (!list.present()) {
    list.Error(absl::StrCat("is missing; a parameter of type ", type.Text(), " needs its values"));
    return;
  }
  if (list.node()->kind == YamlNode::Kind::kList && list.node()->items.empty()) {
    list.Error("the list is empty; give at least one value");
  }
  parameter->list = ReadList(list, parameter->type);
  if (parameter->type == ParameterType::kDiscrete) {
    std::stable_sort(parameter->list.begin(), parameter->list.end(),
                     [](const std::string& a, const std::string& b) {
                       return *ParseNumber(a) < *ParseNumber(b);
                     });
  }
}

void ReadCondition(const SpecField& field, Parameter* parameter) {
  if (!field.present() || field.node()->kind != YamlNode::Kind::kMap) return;
  ParameterCondition condition;
  condition.parent = field.At("parent").Text();
  if (condition.parent.empty()) {
    field.At("parent").Error("is missing; name the parameter that decides");
    return;
  }
  condition.values = field.At("values").Texts();
  condition.min = ReadNumber(field.At("min"));
  condition.max = ReadNumber(field.At("max"));
  const bool has_range = condition.min.has_value() || condition.max.has_value();
  if (has_range == !condition.values.empty()) {
    field.Error("give either values, or min or max or both");
    return;
  }
  parameter->condition = std::move(condition);
}

void ReadDefault(const SpecField& field, Parameter* parameter) {
  if (IsAbsent(field) || field.node()->kind != YamlNode::Kind::kScalar) return;
  const absl::StatusOr<double> value = parameter->ParseValue(field.Text());
  if (!value.ok()) {
    field.Error(value.status().message());
  } else if (!parameter->Contains(*value)) {
    field.Error(absl::StrCat(Quote(field.Text()), " is not allowed by feasibleSpace"));
  } else {
    parameter->default_value = parameter->Snap(*value);
  }
}

Parameter ReadParameter(const SpecField& field) {
  Parameter parameter;
  parameter.name = field.At("name").Text();
  if (parameter.name.empty()) field.At("name").Error("is missing; every parameter needs a name");
  const SpecField type = field.At("parameterType");
  const SpecField space = field.At("feasibleSpace");
  if (IsAbsent(type)) {
    type.Error("is missing; allowed: double, int, discrete or categorical");
  }
  if (!space.present()) {
    space.Error("is missing; give min and max, or a list");
    return parameter;
  }
  const std::optional<ParameterType> parsed = ParseParameterType(type.Text());
  if (!parsed) return parameter;
  const int64_t errors = field.report()->errors();
  parameter.type = *parsed;
  if (parameter.is_numeric()) {
    parameter.distribution =
        ParseDistribution(space.At("distribution").Text()).value_or(Distribution::kUniform);
    ReadRange(space, type, &parameter);
  } else {
    ReadValues(space, type, &parameter);
  }
  if (field.report()->errors() > errors) return parameter;
  if (const absl::Status status = parameter.Validate(); !status.ok()) {
    space.Error(status.message());
    return parameter;
  }
  ReadDefault(field.At("default"), &parameter);
  ReadPrior(field.At("prior"), &parameter);
  ReadCondition(field.At("condition"), &parameter);
  return parameter;
}

}  // namespace

std::vector<Parameter> ReadParameters(const SpecField& parameters) {
  std::vector<Parameter> result;
  std::map<std::string, std::string> first;  // name -> path of the first of that name
  for (const SpecField& item : parameters.Items()) {
    if (item.node()->kind != YamlNode::Kind::kMap) continue;
    result.push_back(ReadParameter(item));
    const std::string& name = result.back().name;
    if (name.empty()) continue;
    const auto [found, is_new] = first.emplace(name, item.path());
    if (!is_new) {
      item.At("name").Error(absl::StrCat("the name ", Quote(name), " is taken by ", found->second));
    }
  }
  return result;
}

}  // namespace qalam
