// Any text as a constraint: no crash, no hang, and what is accepted can be evaluated anywhere, says
// the same by Holds, Violation and FailedTests, and is read again from its own text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/constraint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<qalam::Parameter> parameters = {
      {.name = "a", .min = -1e308, .max = 1e308},
      {.name = "b", .min = 0, .max = 1},
      {.name = "n", .type = qalam::ParameterType::kInt, .min = 0, .max = 10},
      {.name = "d", .type = qalam::ParameterType::kDiscrete, .list = {"1", "2"}},
      {.name = "opt", .type = qalam::ParameterType::kCategorical, .list = {"sgd", "adam"}}};
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto constraint = qalam::ParameterConstraint::Parse(text, parameters);
  if (!constraint.ok()) return 0;
  for (const std::vector<double>& values :
       {std::vector<double>{0, 0, 0, 0, 0}, {1e308, 1, 10, 1, 1}, {-1e308, 0.5, 5, 1, 0}}) {
    const bool holds = constraint->Holds(values);
    const bool agrees = holds == (constraint->Violation(values) == 0) &&
                        holds == constraint->FailedTests(values).empty();
    if (!agrees) abort();
  }
  if (!qalam::ParameterConstraint::Parse(constraint->text(), parameters).ok()) abort();
  return 0;
}
