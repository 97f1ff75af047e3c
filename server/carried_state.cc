#include "server/carried_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/json.h"
#include "core/status_macros.h"
#include "server/trial_codes.h"

namespace qalam {
namespace {

constexpr char kPrefix[] = "qalam.";
constexpr char kId[] = "qalam.id";
constexpr char kLabels[] = "qalam.labels.";

absl::Status NotOurs(absl::string_view name, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("setting ", name, " is not ", expected,
                   "; it belongs to this server, which writes it itself: remove it"));
}

// Nothing when `text` is no JSON list of objects with texts.
std::optional<std::vector<CarriedState::Labels>> ParseLabels(const std::string& text) {
  const Json list = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return std::nullopt;
  std::vector<CarriedState::Labels> trials;
  for (const Json& item : list) {
    if (!item.is_object()) return std::nullopt;
    CarriedState::Labels& labels = trials.emplace_back();
    for (const auto& [key, value] : item.items()) {
      if (!value.is_string()) return std::nullopt;
      labels[key] = value.get<std::string>();
    }
  }
  return trials;
}

}  // namespace

bool IsCarriedSetting(absl::string_view name) { return absl::StartsWith(name, kPrefix); }

std::pair<std::string, std::string> IdSetting(uint32_t id) { return {kId, absl::StrCat(id)}; }

std::optional<std::pair<std::string, std::string>> LabelsSetting(
    int64_t first, absl::Span<const Suggestion> suggestions) {
  const bool any =
      std::any_of(suggestions.begin(), suggestions.end(),
                  [](const Suggestion& suggestion) { return !suggestion.labels.empty(); });
  if (!any) return std::nullopt;
  Json list = Json::array();
  for (const Suggestion& suggestion : suggestions) {
    Json& labels = list.emplace_back(Json::object());
    for (const auto& [key, value] : suggestion.labels) labels[key] = value;
  }
  return std::pair(absl::StrCat(kLabels, first), list.dump());
}

absl::Status CarriedState::Update(const Settings& settings) {
  // What was changed or taken away is rare: someone's hand was at it.
  const bool extends =
      std::includes(settings.begin(), settings.end(), settings_.begin(), settings_.end());
  if (!extends) {
    settings_.clear();
    labels_.clear();
    id_.reset();
  }
  for (const auto& [name, value] : settings) {
    if (settings_.contains(name)) continue;
    QALAM_RETURN_IF_ERROR(Read(name, value));
    settings_.emplace(name, value);
  }
  return absl::OkStatus();
}

absl::Status CarriedState::Read(const std::string& name, const std::string& value) {
  absl::string_view rest = name;
  int64_t first = 0;
  if (name == kId) {
    uint32_t id = 0;
    if (!absl::SimpleAtoi(value, &id) || id >= kMaxExperimentId) return NotOurs(name, "an id");
    id_ = id;
  } else if (absl::ConsumePrefix(&rest, kLabels) && absl::SimpleAtoi(rest, &first) && first >= 0 &&
             first < kMaxTrialNumber) {
    std::optional<std::vector<Labels>> trials = ParseLabels(value);
    if (!trials.has_value()) return NotOurs(name, "a list of labels");
    for (Labels& labels : *trials) labels_[first++] = std::move(labels);
  }
  return absl::OkStatus();
}

const CarriedState::Labels& CarriedState::LabelsOf(int64_t number) const {
  static const auto* const kNone = new Labels();
  const auto found = labels_.find(number);
  return found == labels_.end() ? *kNone : found->second;
}

}  // namespace qalam
