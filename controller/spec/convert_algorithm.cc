// spec.algorithm and spec.earlyStopping.
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"
#include "earlystop/registry.h"
#include "suggestion/resumption.h"

namespace qalam {
namespace {

// A problem that begins with a setting is reported at its value, one that names a parameter
// (`Param lr step is nil`) there, others at the algorithm's name.
void ReportProblem(const SpecField& algorithm, const SpecField& parameters,
                   absl::string_view message) {
  for (const SpecField& item : algorithm.At("algorithmSettings").Items()) {
    const std::string setting = absl::StrCat("setting ", item.At("name").Text());
    if (absl::StartsWith(message, setting + " ") || absl::StartsWith(message, setting + ",")) {
      item.At("value").Error(message);
      return;
    }
  }
  for (const SpecField& parameter : parameters.Items()) {
    const std::string name = parameter.At("name").Text();
    if (absl::StrContains(message, absl::StrCat("Param ", name, " ")) ||
        absl::StrContains(message, absl::StrCat("\"", name, "\""))) {
      parameter.At("feasibleSpace").Error(message);
      return;
    }
  }
  algorithm.At("algorithmName").Error(message);
}

void CheckSetting(const SpecField& item, const std::vector<SettingSpec>& known,
                  const std::string& algorithm) {
  const SpecField name = item.At("name");
  std::vector<std::string> names;
  for (const SettingSpec& setting : known) {
    names.push_back(setting.name);
    if (setting.name != name.Text()) continue;
    if (!item.At("value").present()) return;  // reported by ReadAlgorithm
    const absl::Status status = ValidateSetting(setting, item.At("value").Text());
    if (!status.ok()) item.At("value").Error(status.message());
    return;
  }
  if (name.Text().empty()) return;
  const std::string list = names.empty() ? "none" : absl::StrJoin(names, ", ");
  name.Error(absl::StrCat("unknown setting ", Quote(name.Text()), " for algorithm ", algorithm, ".",
                          DidYouMean(name.Text(), names), " It has: ", list));
}

}  // namespace

AlgorithmSpec ReadAlgorithm(const SpecField& field, absl::string_view otherwise) {
  AlgorithmSpec algorithm;
  const SpecField name = field.At("algorithmName");
  algorithm.name = name.Text();
  if (algorithm.name.empty()) algorithm.name = std::string(otherwise);
  if (algorithm.name.empty()) name.Error("is missing; name an algorithm");
  for (const SpecField& item : field.At("algorithmSettings").Items()) {
    const SpecField setting = item.At("name");
    if (setting.Text().empty()) {
      setting.Error("is missing; every setting needs a name");
    } else if (!item.At("value").present()) {
      item.At("value").Error(absl::StrCat("is missing; give a value to the setting ",
                                          Quote(setting.Text()), " or leave it out"));
    } else if (!algorithm.settings.emplace(setting.Text(), item.At("value").Text()).second) {
      setting.Error(absl::StrCat("the setting ", Quote(setting.Text()), " is given twice"));
    }
  }
  return algorithm;
}

void CheckAlgorithm(const SpecField& algorithm, const SpecField& parameters,
                    const std::string& name, const SuggesterSpec& made_for) {
  if (name.empty()) return;
  const absl::StatusOr<const AlgorithmDescriptor*> found = FindAlgorithm(name);
  if (!found.ok()) {
    algorithm.At("algorithmName").Error(found.status().message());
    return;
  }
  const int64_t errors = algorithm.report()->errors();
  for (const SpecField& item : algorithm.At("algorithmSettings").Items()) {
    CheckSetting(item, (*found)->settings, name);
  }
  if (made_for.space == nullptr || algorithm.report()->errors() > errors) return;
  for (const absl::Status& status : ValidateAlgorithm(**found, made_for)) {
    ReportProblem(algorithm, parameters, status.message());
  }
}

// What a trial with more of a resource, or with another's weights, comes to does not follow from
// its parameters.
void CheckTerminator(const SpecField& terminator, const ExperimentSpec& spec) {
  if (!spec.end_rules.improvement_below.has_value()) return;
  const auto algorithm = FindAlgorithm(spec.algorithm.name);
  if (!algorithm.ok()) return;  // reported by CheckAlgorithm
  if (!(*algorithm)->capabilities.multi_fidelity && !NeedsCheckpoints(**algorithm)) return;
  terminator.At("improvementBelow")
      .Error(absl::StrCat("does not work with the algorithm ", spec.algorithm.name,
                          ", whose trials go on from earlier ones, so that results do not follow "
                          "from parameters; use trialsWithoutImprovement or maxCost"));
}

void CheckEarlyStopping(const SpecField& field, const AlgorithmSpec& rule,
                        const Objective& objective) {
  if (rule.name.empty()) return;
  const absl::StatusOr<const StopperDescriptor*> found = FindStopper(rule.name);
  if (!found.ok()) return field.At("algorithmName").Error(found.status().message());
  std::map<std::string, SpecField> items;  // by the setting that they give
  for (const SpecField& item : field.At("algorithmSettings").Items()) {
    items.emplace(item.At("name").Text(), item);
  }
  for (const StopperProblem& problem :
       ValidateStopper(**found, {.objective = objective, .settings = rule.settings})) {
    const auto item = problem.setting.empty() ? items.end() : items.find(problem.setting);
    const SpecField place = item == items.end()
                                ? field.At("algorithmName")
                                : item->second.At(problem.unknown ? "name" : "value");
    place.Error(problem.status.message());
  }
}

}  // namespace qalam
