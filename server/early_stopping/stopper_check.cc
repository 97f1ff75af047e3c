#include "server/early_stopping/stopper_check.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// What Katib says of a number that is out of range.
constexpr std::array<std::pair<absl::string_view, absl::string_view>, 2> kKatibStopperRanges = {{
    {"min_trials_required", "min_trials_required must be greater than zero (>0)"},
    {"start_step", "start_step must be greater or equal than one (>=1)"},
}};

absl::Status ToKatib(const StopperProblem& problem, const std::string& value) {
  if (problem.setting.empty() || problem.unknown) {
    return absl::InvalidArgumentError(problem.status.message());
  }
  for (const auto& [name, message] : kKatibStopperRanges) {
    if (name == problem.setting && ParseIntSetting(value).has_value()) {
      return absl::InvalidArgumentError(message);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("failed to validate ", problem.setting, "(", value,
                                                 "): ", problem.status.message()));
}

}  // namespace

absl::Status CheckStopper(const std::string& name, const StopperSpec& spec) {
  if (name.empty()) {
    return absl::InvalidArgumentError(
        "early_stopping.algorithm_name is empty; name the rule, as medianstop");
  }
  const absl::StatusOr<const StopperDescriptor*> stopper = FindStopper(name);
  if (!stopper.ok()) return absl::InvalidArgumentError(stopper.status().message());
  const std::vector<StopperProblem> problems = ValidateStopper(**stopper, spec);
  if (problems.empty()) return absl::OkStatus();
  const auto value = spec.settings.find(problems.front().setting);
  return ToKatib(problems.front(), value == spec.settings.end() ? "" : value->second);
}

}  // namespace qalam
