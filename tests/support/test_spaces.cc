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

std::shared_ptr<const SearchSpace> MakeSpace(std::vector<Parameter> parameters) {
  return std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
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

std::map<std::string, std::vector<Parameter>> AllSpaces() {
  const Distribution log = Distribution::kLogUniform;
  return {
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
  };
}

}  // namespace

std::vector<std::string> TestSpaceNames() {
  std::vector<std::string> names;
  for (const auto& [name, parameters] : AllSpaces()) names.push_back(name);
  return names;
}

std::shared_ptr<const SearchSpace> TestSpace(const std::string& name) {
  return MakeSpace(AllSpaces().at(name));
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
