#include "tests/support/algorithm_spec.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

bool HasSetting(const AlgorithmDescriptor& algorithm, const char* name) {
  return std::any_of(algorithm.settings.begin(), algorithm.settings.end(),
                     [name](const SettingSpec& setting) { return setting.name == name; });
}

}  // namespace

SuggesterSpec CompleteSpec(const AlgorithmDescriptor& algorithm, SuggesterSpec spec) {
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
