#include "suggestion/population/place.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

constexpr char kMemberLabel[] = "pbt.member";
// More members and generations than an experiment can have.
constexpr int64_t kMost = int64_t{1} << 40;

std::optional<int64_t> Number(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  int64_t number = 0;
  if (found == labels.end() || !absl::SimpleAtoi(found->second, &number) || number < 0 ||
      number >= kMost) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::map<std::string, std::string> FormatPopulationPlace(const PopulationPlace& place) {
  std::map<std::string, std::string> labels = {{kMemberLabel, absl::StrCat(place.member)},
                                               {kGenerationLabel, absl::StrCat(place.generation)}};
  if (place.parent.has_value()) {
    labels[kParentLabel] = absl::StrCat(*place.parent);
    labels[kResumeFromLabel] = absl::StrCat(*place.parent);
  }
  return labels;
}

std::optional<PopulationPlace> ParsePopulationPlace(
    const std::map<std::string, std::string>& labels) {
  const std::optional<int64_t> member = Number(labels, kMemberLabel);
  const std::optional<int64_t> generation = Number(labels, kGenerationLabel);
  const std::optional<int64_t> parent = ResumedTrial(labels);
  if (!member || !generation || parent.has_value() != (*generation > 0)) return std::nullopt;
  return PopulationPlace{*member, *generation, parent};
}

}  // namespace qalam
