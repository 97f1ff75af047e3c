#include "earlystop/registry.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/status_macros.h"
#include "core/text.h"
#include "suggestion/settings.h"

namespace qalam {

// Named one by one: objects that register themselves are dropped from static libraries by the
// linker.
#define QALAM_STOPPER(name) StopperDescriptor name##Stopper();
#include "earlystop/stoppers.inc"
#undef QALAM_STOPPER

namespace {

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string guess = ClosestMatch(word, candidates);
  return guess.empty() ? "" : absl::StrCat("; did you mean \"", guess, "\"?");
}

const SettingSpec* FindSetting(const StopperDescriptor& stopper, absl::string_view name) {
  const auto found = std::find_if(stopper.settings.begin(), stopper.settings.end(),
                                  [&](const SettingSpec& spec) { return spec.name == name; });
  return found == stopper.settings.end() ? nullptr : &*found;
}

absl::Status UnknownSetting(const StopperDescriptor& stopper, const std::set<std::string>& inner,
                            absl::string_view name) {
  std::vector<std::string> known;
  for (const SettingSpec& spec : stopper.settings) known.push_back(spec.name);
  std::vector<std::string> listed = known;
  for (const std::string& rule : inner) listed.push_back(absl::StrCat("those of ", rule));
  const std::string list =
      listed.empty() ? "it has none" : absl::StrCat("it has ", absl::StrJoin(listed, ", "));
  return absl::InvalidArgumentError(absl::StrCat("unknown setting ", name, " for algorithm ",
                                                 stopper.name, " (", list, ")",
                                                 DidYouMean(name, known)));
}

// "asha" for "asha.eta": the inner rule whose setting that would be.
std::string RuleOf(absl::string_view setting) {
  return std::string(setting.substr(0, setting.find('.')));
}

// The rules that `stopper` is made of and that exist, each once; what is wrong with the others goes
// to `problems`.
std::set<std::string> KnownInner(const StopperDescriptor& stopper, const Settings& settings,
                                 std::vector<StopperProblem>* problems) {
  std::set<std::string> known;
  for (const std::string& rule : InnerRules(stopper, settings)) {
    absl::Status status = FindStopper(rule).status();
    if (status.ok() && !known.insert(rule).second) {
      status = absl::InvalidArgumentError(
          absl::StrCat("setting ", stopper.inner, " names ", rule, " twice"));
    }
    if (!status.ok()) problems->push_back({.setting = stopper.inner, .status = std::move(status)});
  }
  return known;
}

// The problems of an inner rule, told of the outer one's settings.
void ValidateInner(const StopperDescriptor& stopper, const StopperSpec& spec,
                   const std::string& rule, std::vector<StopperProblem>* problems) {
  const absl::StatusOr<const StopperDescriptor*> found = FindStopper(rule);
  if (!found.ok()) return;
  for (StopperProblem& problem : ValidateStopper(**found, InnerSpec(spec, rule))) {
    problem.setting =
        problem.setting.empty() ? stopper.inner : absl::StrCat(rule, ".", problem.setting);
    problems->push_back(std::move(problem));
  }
}

}  // namespace

const std::vector<StopperDescriptor>& Stoppers() {
  static const std::vector<StopperDescriptor> stoppers = {
#define QALAM_STOPPER(name) name##Stopper(),
#include "earlystop/stoppers.inc"
#undef QALAM_STOPPER
  };
  return stoppers;
}

absl::StatusOr<const StopperDescriptor*> FindStopper(absl::string_view name) {
  std::vector<std::string> names;
  for (const StopperDescriptor& stopper : Stoppers()) {
    if (stopper.name == name) return &stopper;
    names.push_back(stopper.name);
  }
  return absl::NotFoundError(
      absl::StrCat("unknown algorithm name \"", name, "\" for early stopping (there are ",
                   absl::StrJoin(names, ", "), ")", DidYouMean(name, names)));
}

std::vector<StopperProblem> ValidateStopper(const StopperDescriptor& stopper,
                                            const StopperSpec& spec) {
  std::vector<StopperProblem> problems;
  const std::set<std::string> inner = KnownInner(stopper, spec.settings, &problems);
  for (const auto& [name, value] : spec.settings) {
    const SettingSpec* const setting = FindSetting(stopper, name);
    if (setting == nullptr) {
      if (absl::StrContains(name, ".") && inner.contains(RuleOf(name))) continue;
      problems.push_back(
          {.setting = name, .unknown = true, .status = UnknownSetting(stopper, inner, name)});
    } else if (absl::Status status = ValidateSetting(*setting, value); !status.ok()) {
      problems.push_back({.setting = name, .status = std::move(status)});
    }
  }
  for (const std::string& rule : inner) ValidateInner(stopper, spec, rule, &problems);
  if (spec.objective.count() > 1 && !stopper.multi_objective) {
    problems.push_back({.status = absl::InvalidArgumentError(absl::StrCat(
                            "algorithm ", stopper.name,
                            " judges a trial by one metric, and would stop trials that are good in "
                            "the others; leave spec.earlyStopping out, or optimise one metric"))});
  }
  if (problems.empty() && stopper.validate) {
    if (absl::Status status = stopper.validate(spec); !status.ok()) {
      problems.push_back({.status = std::move(status)});
    }
  }
  return problems;
}

absl::StatusOr<std::unique_ptr<EarlyStopper>> CreateStopper(absl::string_view name,
                                                            const StopperSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(const StopperDescriptor* const stopper, FindStopper(name));
  const std::vector<StopperProblem> problems = ValidateStopper(*stopper, spec);
  if (!problems.empty()) {
    const auto message = [](std::string* out, const StopperProblem& problem) {
      absl::StrAppend(out, problem.status.message());
    };
    return absl::InvalidArgumentError(absl::StrJoin(problems, "; ", message));
  }
  return stopper->create(spec);
}

std::vector<std::string> InnerRules(const StopperDescriptor& stopper, const Settings& settings) {
  std::vector<std::string> rules;
  if (stopper.inner.empty()) return rules;
  const SettingsReader reader(stopper.settings, settings);
  const std::string text = reader.String(stopper.inner).value_or("");
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const absl::string_view rule = absl::StripAsciiWhitespace(part);
    if (!rule.empty()) rules.emplace_back(rule);
  }
  return rules;
}

StopperSpec InnerSpec(const StopperSpec& spec, absl::string_view name) {
  StopperSpec inner{.objective = spec.objective, .settings = {}};
  const std::string prefix = absl::StrCat(name, ".");
  for (const auto& [setting, value] : spec.settings) {
    if (absl::StartsWith(setting, prefix)) inner.settings[setting.substr(prefix.size())] = value;
  }
  return inner;
}

std::vector<std::unique_ptr<EarlyStopper>> CreateInner(const StopperDescriptor& stopper,
                                                       const StopperSpec& spec) {
  std::vector<std::unique_ptr<EarlyStopper>> inner;
  for (const std::string& rule : InnerRules(stopper, spec.settings)) {
    const absl::StatusOr<const StopperDescriptor*> found = FindStopper(rule);
    if (found.ok()) inner.push_back((*found)->create(InnerSpec(spec, rule)));
  }
  return inner;
}

}  // namespace qalam
