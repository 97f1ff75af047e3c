#include "suggestion/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/match.h"
#include "core/parameter.h"

namespace qalam {
namespace {

constexpr char kRandomState[] = "random_state";

std::optional<std::string> Text(const std::vector<SettingSpec>& specs, const Settings& settings,
                                absl::string_view name) {
  const auto given = settings.find(std::string(name));
  if (given != settings.end()) return given->second;
  const auto spec = std::find_if(specs.begin(), specs.end(),
                                 [&](const SettingSpec& spec) { return spec.name == name; });
  if (spec == specs.end() || spec->default_value.empty()) return std::nullopt;
  return spec->default_value;
}

}  // namespace

std::optional<int64_t> SettingsReader::Int(absl::string_view name) const {
  const std::optional<std::string> text = Text(specs_, settings_, name);
  return text.has_value() ? ParseIntSetting(*text) : std::nullopt;
}

std::optional<double> SettingsReader::Double(absl::string_view name) const {
  const std::optional<std::string> text = Text(specs_, settings_, name);
  return text.has_value() ? ParseDoubleSetting(*text) : std::nullopt;
}

std::optional<bool> SettingsReader::Bool(absl::string_view name) const {
  const std::optional<std::string> text = Text(specs_, settings_, name);
  return text.has_value() ? ParseBoolSetting(*text) : std::nullopt;
}

std::optional<std::string> SettingsReader::String(absl::string_view name) const {
  return Text(specs_, settings_, name);
}

std::optional<int64_t> ParseIntSetting(absl::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::optional<double> ParseDoubleSetting(absl::string_view text) {
  const std::optional<double> value = ParseNumber(text);
  return value.has_value() && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> ParseBoolSetting(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  return std::nullopt;
}

SettingSpec RandomStateSetting() {
  return {.name = kRandomState,
          .type = SettingType::kInt,
          .min = 0,
          .help = "Seed of the suggestions; equal seeds give equal suggestions."};
}

uint64_t EffectiveSeed(const SuggesterSpec& spec) {
  const auto given = spec.settings.find(kRandomState);
  if (given == spec.settings.end()) return spec.seed;
  const std::optional<int64_t> seed = ParseIntSetting(given->second);
  return seed.has_value() ? static_cast<uint64_t>(*seed) : spec.seed;
}

}  // namespace qalam
