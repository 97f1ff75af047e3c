#include "suggestion/evolution/labels.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"

namespace qalam {
namespace {

constexpr char kOperator[] = "evolution.operator";
constexpr char kParent[] = "evolution.parent";
constexpr char kReferenceLabel[] = "evolution.reference";
constexpr char kF[] = "evolution.f";
constexpr char kCr[] = "evolution.cr";
constexpr char kDifferential[] = "differential";
constexpr char kLocal[] = "local";

std::optional<int64_t> TrialNumber(const std::map<std::string, std::string>& labels,
                                   const char* name) {
  const auto found = labels.find(name);
  int64_t number = 0;
  if (found == labels.end() || !absl::SimpleAtoi(found->second, &number) || number < 0) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> Share(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  if (found == labels.end()) return std::nullopt;
  const std::optional<double> value = ParseNumber(found->second);
  if (!value || !(*value >= 0 && *value <= 1)) return std::nullopt;
  return value;
}

}  // namespace

std::map<std::string, std::string> FormatEvolutionLabels(const EvolutionLabels& labels) {
  const bool differential = labels.op == EvolutionLabels::Operator::kDifferential;
  std::map<std::string, std::string> text = {
      {kOperator, differential ? kDifferential : kLocal},
      {kParent, absl::StrCat(labels.parent)},
      {kReferenceLabel, absl::StrCat(labels.reference)},
  };
  if (differential) {
    text[kF] = FormatNumber(labels.f);
    text[kCr] = FormatNumber(labels.cr);
  }
  return text;
}

std::optional<EvolutionLabels> ParseEvolutionLabels(
    const std::map<std::string, std::string>& labels) {
  const auto name = labels.find(kOperator);
  if (name == labels.end()) return std::nullopt;
  const std::optional<int64_t> parent = TrialNumber(labels, kParent);
  const std::optional<int64_t> reference = TrialNumber(labels, kReferenceLabel);
  if (!parent || !reference) return std::nullopt;
  EvolutionLabels parsed{.parent = *parent, .reference = *reference};
  if (name->second == kLocal) return parsed;
  const std::optional<double> f = Share(labels, kF);
  const std::optional<double> cr = Share(labels, kCr);
  if (name->second != kDifferential || !f || !cr) return std::nullopt;
  parsed.op = EvolutionLabels::Operator::kDifferential;
  parsed.f = *f;
  parsed.cr = *cr;
  return parsed;
}

}  // namespace qalam
