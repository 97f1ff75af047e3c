#include "suggestion/registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "core/text.h"
#include "suggestion/setting_text.h"
#include "suggestion/settings.h"

namespace qalam {

// Named one by one: objects that register themselves are dropped from static libraries by the
// linker.
#define QALAM_ALGORITHM(name) AlgorithmDescriptor name##Algorithm();
#include "suggestion/algorithms.inc"
#undef QALAM_ALGORITHM

namespace {

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string guess = ClosestMatch(word, candidates);
  return guess.empty() ? "" : absl::StrCat("; did you mean \"", guess, "\"?");
}

bool InBounds(const SettingSpec& spec, double value) {
  if (spec.min.has_value() && (value < *spec.min || (spec.min_exclusive && value == *spec.min))) {
    return false;
  }
  return !spec.max.has_value() || value < *spec.max || (!spec.max_exclusive && value == *spec.max);
}

bool IsAllowed(const SettingSpec& spec, absl::string_view value) {
  switch (spec.type) {
    case SettingType::kInt: {
      const std::optional<int64_t> number = ParseIntSetting(value);
      return number.has_value() && InBounds(spec, static_cast<double>(*number));
    }
    case SettingType::kDouble: {
      const std::optional<double> number = ParseDoubleSetting(value);
      return number.has_value() && InBounds(spec, *number);
    }
    case SettingType::kBool:
      return ParseBoolSetting(value).has_value();
    case SettingType::kString:
      break;
  }
  return spec.choices.empty() ||
         std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end();
}

absl::Status UnknownSetting(const AlgorithmDescriptor& algorithm, absl::string_view name) {
  std::vector<std::string> known;
  for (const SettingSpec& spec : algorithm.settings) known.push_back(spec.name);
  const std::string list =
      known.empty() ? "it has none" : absl::StrCat("it has ", absl::StrJoin(known, ", "));
  return absl::InvalidArgumentError(absl::StrCat("unknown setting ", name, " for algorithm ",
                                                 algorithm.name, " (", list, ")",
                                                 DidYouMean(name, known)));
}

absl::Status OneObjectiveOnly(const AlgorithmDescriptor& algorithm) {
  std::vector<std::string> able;
  for (const AlgorithmDescriptor& other : Algorithms()) {
    if (other.capabilities.multi_objective) able.push_back(other.name);
  }
  return absl::InvalidArgumentError(absl::StrCat("algorithm ", algorithm.name,
                                                 " optimises one metric; for several take one of ",
                                                 absl::StrJoin(able, ", ")));
}

}  // namespace

const std::vector<AlgorithmDescriptor>& Algorithms() {
  static const std::vector<AlgorithmDescriptor> algorithms = {
#define QALAM_ALGORITHM(name) name##Algorithm(),
#include "suggestion/algorithms.inc"
#undef QALAM_ALGORITHM
  };
  return algorithms;
}

absl::StatusOr<const AlgorithmDescriptor*> FindAlgorithm(absl::string_view name) {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    if (algorithm.name == name) return &algorithm;
    names.push_back(algorithm.name);
  }
  return absl::NotFoundError(absl::StrCat("unknown algorithm name \"", name, "\" (there are ",
                                          absl::StrJoin(names, ", "), ")",
                                          DidYouMean(name, names)));
}

std::string AllowedText(const SettingSpec& spec) {
  if (spec.type == SettingType::kBool) return "true or false";
  if (spec.type == SettingType::kString) {
    return spec.choices.empty() ? "any text" : JoinAlternatives(spec.choices);
  }
  std::vector<std::string> bounds;
  if (spec.min.has_value()) {
    bounds.push_back(absl::StrCat(spec.min_exclusive ? "> " : ">= ", FormatNumber(*spec.min)));
  }
  if (spec.max.has_value()) {
    bounds.push_back(absl::StrCat(spec.max_exclusive ? "< " : "<= ", FormatNumber(*spec.max)));
  }
  return absl::StrCat(spec.type == SettingType::kInt ? "an int" : "a number",
                      bounds.empty() ? "" : " ", absl::StrJoin(bounds, " and "));
}

absl::Status ValidateSetting(const SettingSpec& spec, absl::string_view value) {
  if (IsAllowed(spec, value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("setting ", spec.name, " is \"", value,
                                                 "\"; it must be ", AllowedText(spec),
                                                 DidYouMean(value, spec.choices)));
}

std::vector<absl::Status> ValidateAlgorithm(const AlgorithmDescriptor& algorithm,
                                            const SuggesterSpec& spec) {
  std::vector<absl::Status> problems;
  for (const auto& [name, value] : spec.settings) {
    const auto setting =
        std::find_if(algorithm.settings.begin(), algorithm.settings.end(),
                     [&name = name](const SettingSpec& setting) { return setting.name == name; });
    const absl::Status status = setting == algorithm.settings.end()
                                    ? UnknownSetting(algorithm, name)
                                    : ValidateSetting(*setting, value);
    if (!status.ok()) problems.push_back(status);
  }
  if (spec.objective.count() > 1 && !algorithm.capabilities.multi_objective) {
    problems.push_back(OneObjectiveOnly(algorithm));
  }
  if (algorithm.validate) {
    const absl::Status status = algorithm.validate(spec);
    if (!status.ok()) problems.push_back(status);
  }
  return problems;
}

absl::StatusOr<std::unique_ptr<Suggester>> CreateSuggester(absl::string_view name,
                                                           const SuggesterSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(const AlgorithmDescriptor* const algorithm, FindAlgorithm(name));
  const std::vector<absl::Status> problems = ValidateAlgorithm(*algorithm, spec);
  if (!problems.empty()) {
    const auto message = [](std::string* out, const absl::Status& problem) {
      absl::StrAppend(out, problem.message());
    };
    return absl::InvalidArgumentError(absl::StrJoin(problems, "; ", message));
  }
  return algorithm->create(spec);
}

}  // namespace qalam
