#include "server/algorithm_check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// What Katib says of a number that is out of range.
constexpr std::array<std::pair<absl::string_view, absl::string_view>, 7> kKatibRanges = {{
    {"gamma", "gamma should be in the range of (0, 1)"},
    {"prior_weight", "prior_weight should be great than zero"},
    {"n_EI_candidates", "n_EI_candidates should be great than zero"},
    {"n_ei_candidates", "n_ei_candidates should be greate or equal than zero"},
    {"n_startup_trials", "n_startup_trials should be greate or equal than zero"},
    {"random_state", "random_state should be great or equal than zero"},
    {"r_l", "r_l must be a positive float number."},
}};

bool ReadsAs(SettingType type, absl::string_view value) {
  if (type == SettingType::kInt) return ParseIntSetting(value).has_value();
  return type != SettingType::kDouble || ParseDoubleSetting(value).has_value();
}

absl::Status CheckSetting(const SettingSpec& spec, const std::string& value) {
  absl::Status status = ValidateSetting(spec, value);
  if (status.ok()) return status;
  if (ReadsAs(spec.type, value)) {
    for (const auto& [name, message] : kKatibRanges) {
      if (name == spec.name) return absl::InvalidArgumentError(message);
    }
    if (spec.name == "base_estimator") {
      return absl::InvalidArgumentError(absl::StrCat("base_estimator ", value,
                                                     " is not supported in Bayesian optimization; ",
                                                     status.message()));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("failed to validate ", spec.name, "(", value, "): ", status.message()));
}

}  // namespace

absl::Status CheckAlgorithmOf(const SearchSpec& search) {
  const absl::StatusOr<const AlgorithmDescriptor*> algorithm = FindAlgorithm(search.algorithm.name);
  if (!algorithm.ok()) return absl::InvalidArgumentError(algorithm.status().message());
  const std::vector<SettingSpec>& settings = (*algorithm)->settings;
  for (const auto& [name, value] : search.algorithm.settings) {
    const auto spec =
        std::find_if(settings.begin(), settings.end(),
                     [&name = name](const SettingSpec& setting) { return setting.name == name; });
    if (spec != settings.end()) QALAM_RETURN_IF_ERROR(CheckSetting(*spec, value));
  }
  SuggesterSpec made_for = search.made_for();
  made_for.never_waits = true;  // as Katib's controller takes suggestions
  const std::vector<absl::Status> problems = ValidateAlgorithm(**algorithm, made_for);
  return problems.empty() ? absl::OkStatus() : problems.front();
}

}  // namespace qalam
