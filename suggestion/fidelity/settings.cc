#include "suggestion/fidelity/settings.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kEta[] = "eta";
constexpr char kLeastSetting[] = "min_resource";
constexpr char kPasses[] = "passes";

SettingSpec ResourceNameSetting() {
  return {.name = kResourceName,
          .type = SettingType::kString,
          .help = "The parameter that says how much a trial may use, such as epochs; required."};
}

SettingSpec EtaSetting() {
  return {.name = kEta,
          .type = SettingType::kDouble,
          .default_value = "3",
          .min = 2,
          .max = 1000,
          .help = "One of so many trials goes on to the next rung, with so many times as much."};
}

// One unit, as in Katib; where the resource is measured in other units, what its range says.
double LeastAmount(const SettingsReader& settings, const Resource& resource, double most) {
  if (const std::optional<double> least = settings.Double(kLeastSetting)) return *least;
  const bool of_range = resource.least() > 0 && resource.least() <= most &&
                        most <= resource.greatest() && (resource.least() > 1 || most <= 1);
  return of_range ? resource.least() : std::min(1.0, most);
}

// Nothing where the range of the resource begins at 0 or below: only its user knows a least amount.
std::optional<double> LeastOfLadder(const SettingsReader& settings, const Resource& resource,
                                    double most) {
  if (const std::optional<double> least = settings.Double(kLeastSetting)) return least;
  if (resource.least() > 0) return std::min(resource.least(), most);
  if (resource.parameter().type == ParameterType::kInt) return 1;
  return std::nullopt;
}

SettingSpec PassesSetting() {
  return {.name = kPasses,
          .type = SettingType::kInt,
          .min = 1,
          .help =
              "Passes over all brackets; as many as maxTrialCount allows, and one where there "
              "is no maxTrialCount."};
}

// What does not depend on the amounts.
HyperbandOptions OptionsWithoutPlan(const SuggesterSpec& spec, const SettingsReader& settings,
                                    const Resource& resource) {
  HyperbandOptions options;
  options.resource = resource.name();
  options.passes = settings.Int(kPasses);
  options.max_trial_count = spec.max_trial_count;
  options.never_waits = spec.never_waits;
  if (!options.passes && !spec.max_trial_count && !spec.never_waits) options.passes = 1;
  return options;
}

}  // namespace

absl::StatusOr<Resource> ResourceOf(const SuggesterSpec& spec) {
  const auto name = spec.settings.find(kResourceName);
  if (name == spec.settings.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kResourceName,
                     " must be set: the parameter that says how much a trial may "
                     "use, such as epochs"));
  }
  return Resource::Create(spec.space, name->second);
}

std::vector<SettingSpec> HyperbandSettings() {
  return {{.name = kHyperbandMost,
           .type = SettingType::kDouble,
           .min = 0,
           .min_exclusive = true,
           .help = "The most of the resource that a trial is given; required."},
          ResourceNameSetting(),
          EtaSetting(),
          {.name = kLeastSetting,
           .type = SettingType::kDouble,
           .min = 0,
           .min_exclusive = true,
           .help = "The least that a trial is given; 1 unless the parameter's range begins above "
                   "that, or ends below."},
          PassesSetting(),
          RandomStateSetting()};
}

absl::Status CheckHyperband(const SuggesterSpec& spec) {
  const std::vector<SettingSpec> specs = HyperbandSettings();
  const SettingsReader settings(specs, spec.settings);
  if (!spec.settings.contains(kHyperbandMost) || !spec.settings.contains(kResourceName)) {
    return absl::InvalidArgumentError("r_l and resource_name must be set.");
  }
  const std::optional<double> most = settings.Double(kHyperbandMost);
  const std::optional<double> eta = settings.Double(kEta);
  const std::optional<double> given = settings.Double(kLeastSetting);
  const auto is_bad = [](const std::optional<double>& value) { return value && !(*value > 0); };
  // Told by the settings' own ranges.
  if (!most || is_bad(most) || !eta || *eta < 2 || is_bad(given)) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(const Resource resource, ResourceOf(spec));
  const double least = LeastAmount(settings, resource, *most);
  if (least > *most) {
    return absl::InvalidArgumentError(absl::StrCat("min_resource is ", FormatNumber(least),
                                                   ", more than r_l, ", FormatNumber(*most)));
  }
  return absl::OkStatus();
}

HyperbandOptions HyperbandOptionsOf(const SuggesterSpec& spec, const Resource& resource) {
  const std::vector<SettingSpec> specs = HyperbandSettings();
  const SettingsReader settings(specs, spec.settings);
  const double most = settings.Double(kHyperbandMost).value_or(1);
  HyperbandOptions options = OptionsWithoutPlan(spec, settings, resource);
  options.plan = PlanHyperband(resource, LeastAmount(settings, resource, most), most,
                               settings.Double(kEta).value_or(3));
  return options;
}

std::vector<SettingSpec> BracketSettings() {
  std::vector<SettingSpec> specs = LadderSettings();
  specs.insert(specs.end() - 1, PassesSetting());
  return specs;
}

absl::Status CheckBrackets(const SuggesterSpec& spec) { return CheckLadder(spec); }

HyperbandOptions BracketOptionsOf(const SuggesterSpec& spec, const Resource& resource) {
  const std::vector<SettingSpec> specs = BracketSettings();
  const SettingsReader settings(specs, spec.settings);
  HyperbandOptions options = OptionsWithoutPlan(spec, settings, resource);
  const Ladder ladder = LadderOf(spec, resource);
  options.plan = PlanHyperband(resource, ladder.least, ladder.most, ladder.eta);
  return options;
}

std::vector<SettingSpec> LadderSettings() {
  return {ResourceNameSetting(),
          {.name = kLeastSetting,
           .type = SettingType::kDouble,
           .min = 0,
           .min_exclusive = true,
           .help = "What a new configuration is tried with; the least of the parameter's range."},
          {.name = kLadderMost,
           .type = SettingType::kDouble,
           .min = 0,
           .min_exclusive = true,
           .help = "The most that a trial is given; the greatest of the parameter's range."},
          EtaSetting(),
          RandomStateSetting()};
}

absl::Status CheckLadder(const SuggesterSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(const Resource resource, ResourceOf(spec));
  const std::vector<SettingSpec> specs = LadderSettings();
  const SettingsReader settings(specs, spec.settings);
  const double most = settings.Double(kLadderMost).value_or(resource.greatest());
  const std::optional<double> least = LeastOfLadder(settings, resource, most);
  if (!least.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_resource must be set: the range of ", resource.name(), " begins at ",
                     FormatNumber(resource.least()), ", and a trial needs more than nothing"));
  }
  if (*least > most && most > 0) {
    return absl::InvalidArgumentError(absl::StrCat("min_resource is ", FormatNumber(*least),
                                                   ", more than max_resource, ",
                                                   FormatNumber(most)));
  }
  return absl::OkStatus();
}

Ladder LadderOf(const SuggesterSpec& spec, const Resource& resource) {
  const std::vector<SettingSpec> specs = LadderSettings();
  const SettingsReader settings(specs, spec.settings);
  const double most = settings.Double(kLadderMost).value_or(resource.greatest());
  const double least = LeastOfLadder(settings, resource, most).value_or(1);
  Ladder ladder{.least = least, .most = most};
  ladder.eta = settings.Double(kEta).value_or(ladder.eta);
  ladder.amounts = GeometricAmounts(resource, least, most, ladder.eta);
  return ladder;
}

}  // namespace qalam
