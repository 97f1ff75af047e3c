#include "tests/support/algorithm_spec.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "suggestion/schedule/steps.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

std::string StepsIn(const SuggesterSpec& spec) {
  const SuggesterSpec random{.space = spec.space, .seed = 11};
  const auto drawn = CreateSuggester("random", random).value();
  std::vector<NamedValues> steps;
  const std::vector<Suggestion> points = drawn->Suggest(History(spec.space, {}), 4).value();
  for (const Suggestion& step : points) {
    steps.push_back(spec.space->Format(step.assignment));
  }
  return FormatSteps(steps);
}

}  // namespace

bool HasSetting(const AlgorithmDescriptor& algorithm, const std::string& name) {
  return std::any_of(algorithm.settings.begin(), algorithm.settings.end(),
                     [&name](const SettingSpec& setting) { return setting.name == name; });
}

SuggesterSpec CompleteSpec(const AlgorithmDescriptor& algorithm, SuggesterSpec spec) {
  if (HasSetting(algorithm, kStepsSetting)) {
    spec.settings.insert({kStepsSetting, StepsIn(spec)});
    spec.settings.insert({"repeats", "100000"});
  }
  if (!algorithm.capabilities.multi_fidelity) return spec;
  if (!spec.space->Find("epochs").has_value()) {
    std::vector<Parameter> parameters = spec.space->parameters();
    parameters.push_back(IntParameter("epochs", 1, 9));
    std::vector<std::string> constraints;
    for (const ParameterConstraint& constraint : spec.space->constraints()) {
      constraints.push_back(constraint.text());
    }
    spec.space = MakeSpace(std::move(parameters), constraints);
    for (auto& source : spec.sources) {
      SourceTrials told = *source;
      for (Assignment& point : told.points) point.push_back(9);
      source = std::make_shared<const SourceTrials>(std::move(told));
    }
  }
  spec.settings.insert({"resource_name", "epochs"});
  if (HasSetting(algorithm, "r_l")) spec.settings.insert({"r_l", "9"});
  if (HasSetting(algorithm, "passes")) spec.settings.insert({"passes", "1000000"});
  return spec;
}

}  // namespace qalam
