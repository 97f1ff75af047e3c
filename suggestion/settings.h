#ifndef QALAM_SUGGESTION_SETTINGS_H_
#define QALAM_SUGGESTION_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "suggestion/registry.h"

namespace qalam {

// Reads the values of settings that passed validation: what was given, else the spec's default.
// A name without a spec, and a value that would not pass validation, read as absent.
class SettingsReader {
 public:
  // Both arguments must outlive the reader.
  SettingsReader(const std::vector<SettingSpec>& specs, const Settings& settings)
      : specs_(specs), settings_(settings) {}

  std::optional<int64_t> Int(absl::string_view name) const;
  std::optional<double> Double(absl::string_view name) const;
  std::optional<bool> Bool(absl::string_view name) const;
  std::optional<std::string> String(absl::string_view name) const;

 private:
  const std::vector<SettingSpec>& specs_;
  const Settings& settings_;
};

// How the texts of settings denote values: whole decimal numbers in 64 bits; finite numbers; "true"
// and "false" in any case. Nothing for any other text.
std::optional<int64_t> ParseIntSetting(absl::string_view text);
std::optional<double> ParseDoubleSetting(absl::string_view text);
std::optional<bool> ParseBoolSetting(absl::string_view text);

// The setting random_state, which all algorithms share.
SettingSpec RandomStateSetting();
// The seed of every random stream of `spec`: its random_state where given, else its own seed.
uint64_t EffectiveSeed(const SuggesterSpec& spec);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_SETTINGS_H_
