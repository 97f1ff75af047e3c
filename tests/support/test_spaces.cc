#include "tests/support/test_spaces.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace qalam {

Parameter DoubleParameter(std::string name, double min, double max, Distribution distribution) {
  return {.name = std::move(name),
          .type = ParameterType::kDouble,
          .min = min,
          .max = max,
          .distribution = distribution};
}

Parameter SteppedParameter(std::string name, double min, double max, double step) {
  return {.name = std::move(name),
          .type = ParameterType::kDouble,
          .min = min,
          .max = max,
          .step = step};
}

Parameter IntParameter(std::string name, double min, double max, Distribution distribution) {
  return {.name = std::move(name),
          .type = ParameterType::kInt,
          .min = min,
          .max = max,
          .distribution = distribution};
}

Parameter ListParameter(std::string name, ParameterType type, std::vector<std::string> list) {
  return {.name = std::move(name), .type = type, .list = std::move(list)};
}

std::shared_ptr<const SearchSpace> MakeSpace(std::vector<Parameter> parameters,
                                             const std::vector<std::string>& constraints) {
  std::vector<ParameterConstraint> parsed;
  for (const std::string& text : constraints) {
    parsed.push_back(ParameterConstraint::Parse(text, parameters).value());
  }
  return std::make_shared<const SearchSpace>(
      SearchSpace::Create(std::move(parameters), std::move(parsed)).value());
}

Parameter When(Parameter parameter, std::string parent, std::vector<std::string> values) {
  parameter.condition =
      ParameterCondition{.parent = std::move(parent), .values = std::move(values)};
  return parameter;
}

Parameter WhenWithin(Parameter parameter, std::string parent, double min, double max) {
  parameter.condition = ParameterCondition{.parent = std::move(parent), .min = min, .max = max};
  return parameter;
}

Parameter WithDefault(Parameter parameter, double value) {
  parameter.default_value = value;
  return parameter;
}

namespace {

Parameter Optimizer() {
  return ListParameter("optimizer", ParameterType::kCategorical, {"sgd", "adam", "ftrl"});
}

Parameter BatchSize() {
  return ListParameter("batch_size", ParameterType::kDiscrete, {"16", "32", "64", "128"});
}

std::vector<Parameter> Wide(int count) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < count; ++i) {
    const std::string name = absl::StrCat("x", i);
    parameters.push_back(i % 3 == 2 ? IntParameter(name, 0, 9) : DoubleParameter(name, -1, 1));
  }
  return parameters;
}

// A choice of optimizers with settings of their own, one of which has settings again.
std::vector<Parameter> Conditional() {
  const Distribution log = Distribution::kLogUniform;
  return {When(DoubleParameter("momentum", 0, 0.99), "optimizer", {"sgd"}),
          Optimizer(),
          DoubleParameter("lr", 1e-5, 1, log),
          WithDefault(When(ListParameter("schedule", ParameterType::kCategorical,
                                         {"constant", "step", "cosine"}),
                           "optimizer", {"sgd", "adam"}),
                      0),
          When(IntParameter("period", 1, 100, log), "schedule", {"step", "cosine"}),
          IntParameter("layers", 1, 4),
          WhenWithin(IntParameter("width2", 8, 512, log), "layers", 2, 4),
          WhenWithin(IntParameter("width3", 8, 512, log), "layers", 3, 4)};
}

std::vector<Parameter> ConditionalFinite() {
  return {
      Optimizer(), When(SteppedParameter("momentum", 0, 0.8, 0.2), "optimizer", {"sgd"}),
      When(ListParameter("beta", ParameterType::kDiscrete, {"0.8", "0.9"}), "optimizer", {"adam"}),
      IntParameter("layers", 1, 3), WhenWithin(IntParameter("width", 1, 2), "layers", 2, 3)};
}

struct NamedSpace {
  std::vector<Parameter> parameters;
  std::vector<std::string> constraints;
};

std::map<std::string, NamedSpace> ConstrainedSpaces() {
  const Distribution log = Distribution::kLogUniform;
  return {
      {"constrained",
       {{DoubleParameter("a", 0, 1), DoubleParameter("b", 0, 1), DoubleParameter("c", 0, 1),
         IntParameter("min_units", 1, 512, log), IntParameter("max_units", 1, 512, log),
         Optimizer()},
        {"a + b + c <= 0.5", "min_units < max_units", "not (optimizer == 'adam' and a > 0.2)"}}},
      // Volume zero: nothing that is drawn satisfies it.
      {"constrained_equal",
       {{DoubleParameter("a", 0, 1), DoubleParameter("b", 0, 1), DoubleParameter("c", 0, 1),
         BatchSize()},
        {"a + b + c == 1", "batch_size >= 32"}}},
      {"constrained_finite",
       {{IntParameter("i", 1, 12), IntParameter("j", 1, 12), BatchSize()},
        {"i < j", "2 * i + j <= 14", "batch_size != '64' or i == 1"}}},
      {"constrained_few",
       {{IntParameter("i", 0, 99), IntParameter("j", 0, 99)}, {"i == 3 * j", "i > 80"}}},
      // More combinations than can be looked at one by one.
      {"constrained_large",
       {{IntParameter("i", 1, 1000), IntParameter("j", 1, 1000), IntParameter("k", 1, 1000)},
        {"i + j <= 200", "k > i"}}},
      {"conditional_constrained",
       {Conditional(),
        {"width3 <= width2", "momentum + lr < 1 or optimizer != 'sgd'",
         "period <= 10 or schedule == 'cosine'"}}},
  };
}

std::map<std::string, NamedSpace> AllSpaces() {
  const Distribution log = Distribution::kLogUniform;
  std::map<std::string, NamedSpace> spaces = ConstrainedSpaces();
  const std::map<std::string, std::vector<Parameter>> plain = {
      {"flat",
       {DoubleParameter("lr", 0.001, 0.5), IntParameter("layers", 1, 8), BatchSize(), Optimizer()}},
      {"finite",
       {SteppedParameter("lr", 0.01, 0.1, 0.01), IntParameter("layers", 2, 9), BatchSize(),
        Optimizer()}},
      {"singletons",
       {DoubleParameter("d", 0.5, 0.5), IntParameter("i", 3, 3, log),
        ListParameter("l", ParameterType::kDiscrete, {"7"}), DoubleParameter("x", 0, 1)}},
      {"one_point", {IntParameter("i", 3, 3), SteppedParameter("d", 0, 0.5, 1)}},
      {"one_choice", {ListParameter("c", ParameterType::kCategorical, {"only"})}},
      {"log",
       {DoubleParameter("lr", 1e-6, 1, log), IntParameter("width", 1, 4096, log),
        DoubleParameter("decay", 1e-300, 1e300, log)}},
      {"bell",
       {DoubleParameter("n", -5, 5, Distribution::kNormal),
        DoubleParameter("m", 1e-5, 1, Distribution::kLogNormal),
        IntParameter("i", 0, 20, Distribution::kNormal)}},
      {"huge",
       {DoubleParameter("d", -1e308, 1e308), IntParameter("i", -0x1p53, 0x1p53),
        IntParameter("l", 1, 0x1p53, log)}},
      {"stepped",
       {SteppedParameter("a", 0, 1, 0.1), SteppedParameter("b", -1, 1, 0.3),
        SteppedParameter("c", 0.001, 0.1, 0.001)}},
      {"tiny",
       {IntParameter("i", 1, 3), ListParameter("c", ParameterType::kCategorical, {"a", "b"})}},
      {"wide", Wide(30)},
      {"large_grid", {IntParameter("i", 1, 1000), IntParameter("j", 1, 1000), Optimizer()}},
      {"conditional", Conditional()},
      {"conditional_finite", ConditionalFinite()},
  };
  for (const auto& [name, parameters] : plain) spaces[name] = {parameters, {}};
  return spaces;
}

}  // namespace

std::vector<std::string> TestSpaceNames() {
  std::vector<std::string> names;
  for (const auto& [name, space] : AllSpaces()) names.push_back(name);
  return names;
}

std::shared_ptr<const SearchSpace> TestSpace(const std::string& name) {
  const NamedSpace space = AllSpaces().at(name);
  return MakeSpace(space.parameters, space.constraints);
}

std::string TestNameOf(std::string name) {
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

TrialRecord PendingTrial(int64_t number, Assignment assignment) {
  TrialRecord record;
  record.number = number;
  record.assignment = std::move(assignment);
  return record;
}

}  // namespace qalam
