#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controller/spec/fields.h"
#include "controller/spec/load.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"
#include "earlystop/registry.h"
#include "suggestion/registry.h"
#include "suggestion/setting_text.h"

namespace qalam {
namespace {

// "spec.parameters[1].name" and "spec.parameters.name" both as "spec.parameters.name".
std::string WithoutIndices(absl::string_view path) {
  std::string result;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) result += c;
    if (c == ']') inside = false;
  }
  return result;
}

bool IsAtOrBelow(absl::string_view field, absl::string_view path) {
  return path.empty() || field == path || absl::StartsWith(field, absl::StrCat(path, "."));
}

std::string TypeText(const FieldInfo& field) {
  if (field.choices.empty()) return std::string(FieldTypeName(field.type));
  const std::vector<std::string> choices = absl::StrSplit(field.choices, ' ');
  return absl::StrJoin(choices, "|");
}

std::string Describe(const FieldInfo& field) {
  std::string line = absl::StrCat(field.path, " <", TypeText(field), ">");
  if (!field.default_text.empty()) absl::StrAppend(&line, " (default: ", field.default_text, ")");
  return absl::StrCat(line, "  ", field.help, "\n");
}

// The nearest path: the known part of `path` kept, the first unknown step replaced by a like one.
absl::Status NoSuchField(const std::string& path) {
  std::string known;
  for (const FieldInfo& field : ExperimentFields()) {
    const std::string plain = WithoutIndices(field.path);
    if (IsAtOrBelow(path, plain) && plain.size() > known.size()) known = plain;
  }
  std::vector<std::string> candidates;
  for (const FieldInfo& field : ExperimentFields()) {
    const std::string plain = WithoutIndices(field.path);
    if (plain == known || !IsAtOrBelow(plain, known)) continue;
    const std::string rest = plain.substr(known.empty() ? 0 : known.size() + 1);
    if (!absl::StrContains(rest, ".")) candidates.push_back(rest);
  }
  const std::string rest = path.substr(known.empty() ? 0 : known.size() + 1);
  std::vector<std::string> all;
  for (const FieldInfo& field : ExperimentFields()) all.push_back(WithoutIndices(field.path));
  std::string hint = DidYouMean(rest.substr(0, rest.find('.')), candidates);
  if (hint.empty()) hint = DidYouMean(path, all);
  const std::string where = known.empty() ? "an Experiment" : known;
  const std::string list =
      candidates.empty()
          ? absl::StrCat(" ", where, " has no fields of its own.")
          : absl::StrCat(" Fields of ", where, ": ", absl::StrJoin(candidates, ", "));
  return absl::NotFoundError(absl::StrCat("there is no field ", Quote(path), ".", hint, list));
}

// An algorithm or stopping rule, and its settings.
template <typename Descriptor>
std::string DescribeAlgorithm(const Descriptor& descriptor) {
  std::string text = absl::StrCat("  ", descriptor.name, "  ", descriptor.summary, "\n");
  for (const SettingSpec& setting : descriptor.settings) {
    absl::StrAppend(&text, "    ", setting.name, " <", AllowedText(setting), ">");
    if (!setting.default_value.empty()) {
      absl::StrAppend(&text, " (default: ", setting.default_value, ")");
    }
    absl::StrAppend(&text, "  ", setting.help, "\n");
  }
  return text;
}

// Below the name and the settings of an algorithm: what there is to choose from.
std::string DescribeChoices(absl::string_view path) {
  std::string text;
  if (path == "spec.algorithm.algorithmName" || path == "spec.algorithm.algorithmSettings") {
    for (const AlgorithmDescriptor& algorithm : Algorithms()) text += DescribeAlgorithm(algorithm);
  }
  if (path == "spec.earlyStopping.algorithmName" ||
      path == "spec.earlyStopping.algorithmSettings") {
    for (const StopperDescriptor& stopper : Stoppers()) text += DescribeAlgorithm(stopper);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ExplainField(absl::string_view path) {
  const std::string wanted = WithoutIndices(path);
  std::string text;
  for (const FieldInfo& field : ExperimentFields()) {
    if (IsAtOrBelow(WithoutIndices(field.path), wanted)) text += Describe(field);
  }
  if (text.empty()) return NoSuchField(wanted);
  return absl::StrCat(text, DescribeChoices(wanted));
}

}  // namespace qalam
