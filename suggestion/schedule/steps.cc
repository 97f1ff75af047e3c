#include "suggestion/schedule/steps.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/given_values.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr size_t kShown = 60;  // bytes of a line that cannot be read
constexpr size_t kMostSteps = 10000;

absl::Status NoObject(absl::string_view line) {
  const absl::string_view end = line.size() > kShown ? "..." : "";
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", absl::Utf8SafeCEscape(line.substr(0, kShown)), end,
      "\" is not a JSON object; write each step on a line of its own, such as "
      "{\"lr\": \"0.1\", \"layers\": \"2\"} (in YAML, in a block that begins with |)"));
}

absl::StatusOr<NamedValues> ReadValues(absl::string_view line) {
  const Json object = Json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return NoObject(line);
  NamedValues values;
  for (const auto& [name, value] : object.items()) {
    if (value.is_structured() || value.is_null()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the value of \"", name, "\" must be a text or a number"));
    }
    values.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return values;
}

absl::StatusOr<Assignment> ReadStep(absl::string_view line, const SearchSpace& space) {
  QALAM_ASSIGN_OR_RETURN(NamedValues values, ReadValues(line));
  QALAM_ASSIGN_OR_RETURN(Assignment assignment,
                         space.Parse(WithDefaults(std::move(values), space)));
  const std::string problem = WhyNoPoint(space, assignment);
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  return assignment;
}

}  // namespace

// With a space after each comma and colon, for people.
std::string FormatSteps(const std::vector<NamedValues>& steps) {
  const auto quoted = [](const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string text;
  for (const NamedValues& step : steps) {
    const char* before = "{";
    for (const auto& [name, value] : step) {
      absl::StrAppend(&text, before, quoted(name), ": ", quoted(value));
      before = ", ";
    }
    absl::StrAppend(&text, step.empty() ? "{" : "", "}\n");
  }
  return text;
}

absl::StatusOr<std::vector<Assignment>> ParseSteps(absl::string_view text,
                                                   const SearchSpace& space) {
  std::vector<Assignment> steps;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    if (steps.size() == kMostSteps) {
      return absl::InvalidArgumentError(
          absl::StrCat("setting ", kStepsSetting, " has more than ", kMostSteps, " steps"));
    }
    absl::StatusOr<Assignment> step = ReadStep(line, space);
    if (!step.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("setting ", kStepsSetting, ", line ", number,
                                                     ": ", step.status().message()));
    }
    steps.push_back(*std::move(step));
  }
  if (!steps.empty()) return steps;
  return absl::InvalidArgumentError(absl::StrCat(
      "setting ", kStepsSetting,
      " has no step; give what to train with, step by step, a JSON object a line, such as "
      "{\"lr\": \"0.1\", \"layers\": \"2\"}; `qalam lineage NAME -o experiment` writes it"));
}

}  // namespace qalam
