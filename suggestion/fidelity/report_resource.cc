#include "suggestion/fidelity/report_resource.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/settings.h"
#include "suggestion/resumption.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kType[] = "resource_type";
constexpr char kReports[] = "reports";
// The most reports that a trial can be given: their number must be exact as a double.
constexpr double kMostReports = 1e9;

SettingSpec TypeSetting() {
  return {.name = kType,
          .type = SettingType::kString,
          .default_value = "parameter",
          .choices = {"parameter", kReports},
          .help =
              "reports: the resource is how often a trial reports the objective, after which it "
              "is stopped; there is no resource_name then."};
}

// The name of the setting that says the most: r_l or max_resource.
std::string MostSetting(const std::vector<SettingSpec>& specs) {
  for (const SettingSpec& spec : specs) {
    if (spec.name == kHyperbandMost) return spec.name;
  }
  return kLadderMost;
}

absl::StatusOr<double> MostReports(const std::vector<SettingSpec>& specs,
                                   const Settings& settings) {
  const std::string name = MostSetting(specs);
  const auto found = settings.find(name);
  if (found == settings.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name,
        " must be set: with resource_type reports it says how often a trial reports the "
        "objective when it is trained in full"));
  }
  const std::optional<double> most = ParseDoubleSetting(found->second);
  if (!most.has_value() || *most < 1 || *most > kMostReports || *most != std::floor(*most)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is ", found->second,
                     "; with resource_type reports it is a whole number from 1 to 1e9"));
  }
  return *most;
}

// The space with the number of reports as its last parameter.
absl::StatusOr<std::shared_ptr<const SearchSpace>> WithReports(const SearchSpace& space,
                                                               double most) {
  std::vector<Parameter> parameters = space.parameters();
  Parameter reports;
  reports.name = kReports;
  reports.type = ParameterType::kInt;
  reports.min = 1;
  reports.max = most;
  parameters.push_back(std::move(reports));
  std::vector<ParameterConstraint> constraints;
  for (const ParameterConstraint& constraint : space.constraints()) {
    QALAM_ASSIGN_OR_RETURN(ParameterConstraint parsed,
                           ParameterConstraint::Parse(constraint.text(), parameters));
    constraints.push_back(std::move(parsed));
  }
  QALAM_ASSIGN_OR_RETURN(SearchSpace wider,
                         SearchSpace::Create(std::move(parameters), std::move(constraints)));
  return std::make_shared<const SearchSpace>(std::move(wider));
}

// What the algorithm is made for: the number of reports is a parameter like any other resource.
absl::StatusOr<SuggesterSpec> WiderSpec(const std::vector<SettingSpec>& specs, SuggesterSpec spec) {
  if (spec.settings.contains(kResourceName)) {
    return absl::InvalidArgumentError(
        "resource_name names a parameter, but resource_type is reports; leave one of them out");
  }
  if (spec.space->Find(kReports).has_value()) {
    return absl::InvalidArgumentError(
        "resource_type is reports, and a parameter has that name, too; give it another one");
  }
  if (spec.never_waits) {
    return absl::InvalidArgumentError(
        "resource_type is reports, but Katib's controller stops no trial after so many; name a "
        "parameter by resource_name, or run the experiment by Qalam");
  }
  QALAM_ASSIGN_OR_RETURN(const double most, MostReports(specs, spec.settings));
  QALAM_ASSIGN_OR_RETURN(spec.space, WithReports(*spec.space, most));
  spec.settings.erase(kType);
  spec.settings[kResourceName] = kReports;
  for (auto& source : spec.sources) {
    SourceTrials told = *source;
    for (Assignment& point : told.points) point.push_back(most);
    source = std::make_shared<const SourceTrials>(std::move(told));
  }
  return spec;
}

class ReportsSuggester final : public Suggester, public ResumingSuggester {
 public:
  // `wider`: what `inner` was made for.
  ReportsSuggester(const SuggesterSpec& wider, std::unique_ptr<Suggester> inner)
      : told_(
            wider.space, wider.objective,
            [most = wider.space->parameters().back().max](const History&, int, TrialRecord& told) {
              const std::optional<int64_t> reports = PlannedReports(told.labels);
              told.assignment.push_back(
                  reports.has_value() ? std::min(static_cast<double>(*reports), most) : most);
            }),
        inner_(std::move(inner)),
        resuming_(dynamic_cast<ResumingSuggester*>(inner_.get())) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> suggestions,
                           inner_->Suggest(told_.Follow(history), count));
    for (Suggestion& suggestion : suggestions) {
      suggestion.labels[kReportsLabel] =
          absl::StrCat(static_cast<int64_t>(suggestion.assignment.back()));
      suggestion.assignment.pop_back();
    }
    return suggestions;
  }

  bool MayGoOnFrom(const History& history, int i) override {
    return resuming_ != nullptr && resuming_->MayGoOnFrom(told_.Follow(history), i);
  }

 private:
  ToldHistory told_;
  const std::unique_ptr<Suggester> inner_;
  ResumingSuggester* const resuming_;  // inner_
};

}  // namespace

bool CountsReports(const Settings& settings) {
  const auto found = settings.find(kType);
  return found != settings.end() && found->second == kReports;
}

void AllowReports(AlgorithmDescriptor* descriptor) {
  descriptor->settings.insert(descriptor->settings.end() - 1, TypeSetting());
  const std::vector<SettingSpec> specs = descriptor->settings;
  descriptor->validate = [specs, validate = descriptor->validate](const SuggesterSpec& spec) {
    if (!CountsReports(spec.settings)) return validate(spec);
    QALAM_ASSIGN_OR_RETURN(const SuggesterSpec wider, WiderSpec(specs, spec));
    return validate(wider);
  };
  descriptor->create = [specs, create = descriptor->create](
                           const SuggesterSpec& spec) -> std::unique_ptr<Suggester> {
    if (!CountsReports(spec.settings)) return create(spec);
    const SuggesterSpec wider = *WiderSpec(specs, spec);
    return std::make_unique<ReportsSuggester>(wider, create(wider));
  };
}

}  // namespace qalam
