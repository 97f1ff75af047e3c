#include "trials/kinds/quantity.h"

#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "core/parameter.h"

namespace qalam {
namespace {

// Longer suffixes first: "Ki" ends in no shorter one, but "m" must not hide "Mi".
constexpr std::array<std::pair<absl::string_view, double>, 15> kSuffixes = {{
    {"Ki", 1024.0},
    {"Mi", 1048576.0},
    {"Gi", 1073741824.0},
    {"Ti", 1099511627776.0},
    {"Pi", 1125899906842624.0},
    {"Ei", 1152921504606846976.0},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"E", 1e18},
}};

bool IsDecimal(absl::string_view text, bool exponent_allowed) {
  constexpr absl::string_view kPlain = "0123456789.+-";
  constexpr absl::string_view kScientific = "0123456789.+-eE";
  return !text.empty() &&
         text.find_first_not_of(exponent_allowed ? kScientific : kPlain) == absl::string_view::npos;
}

}  // namespace

std::optional<double> ParseQuantity(absl::string_view text) {
  double factor = 1;
  absl::string_view number = text;
  for (const auto& [suffix, value] : kSuffixes) {
    if (!absl::EndsWith(text, suffix)) continue;
    factor = value;
    number.remove_suffix(suffix.size());
    break;
  }
  if (!IsDecimal(number, /*exponent_allowed=*/number.size() == text.size())) return std::nullopt;
  const std::optional<double> value = ParseNumber(number);
  if (!value.has_value() || !std::isfinite(*value)) return std::nullopt;
  // 500m is exactly a half: dividing by 1000 rounds once, multiplying by 0.001 twice.
  return factor < 1 ? *value / std::round(1 / factor) : *value * factor;
}

}  // namespace qalam
