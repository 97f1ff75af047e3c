#include "trials/metrics/metric_value.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "core/parameter.h"

namespace qalam {
namespace {

// Seconds of 0001-01-01 and 10000-01-01, what RFC 3339 can write.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kEndSecond = 253402300800;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// True when `text` begins like "2024-05-01T10:00:00": absl's parser also takes what RFC 3339 does
// not.
bool LooksLikeRfc3339(absl::string_view text) {
  constexpr absl::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !IsDigit(text[i]) : absl::ascii_toupper(text[i]) != kShape[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

size_t NonFiniteWordLength(absl::string_view text) {
  for (absl::string_view word : {"infinity", "nan", "inf"}) {
    if (!absl::StartsWithIgnoreCase(text, word)) continue;
    if (text.size() == word.size() || !IsWordCharacter(text[word.size()])) return word.size();
  }
  return 0;
}

std::optional<double> MetricNumber(absl::string_view text) {
  absl::string_view word = text;
  const bool negative = !word.empty() && word[0] == '-';
  if (negative || (!word.empty() && word[0] == '+')) word.remove_prefix(1);
  const size_t length = NonFiniteWordLength(word);
  if (length > 0 && length == word.size()) {
    if (absl::ascii_tolower(word[0]) == 'n') return std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  // Of a number's sign only: ParseNumber may not take "+1".
  if (!word.empty() && !IsDigit(word[0]) && word[0] != '.') return std::nullopt;
  const std::optional<double> number = ParseNumber(word);
  return number.has_value() && negative ? -*number : number;
}

std::optional<absl::Time> ParseTimestamp(absl::string_view text) {
  if (!LooksLikeRfc3339(text)) return std::nullopt;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return std::nullopt;
  return time;
}

std::optional<absl::Time> ParseEpochSeconds(absl::string_view text) {
  const std::optional<double> number = MetricNumber(text);
  if (!number.has_value() || !(*number >= kFirstSecond && *number < kEndSecond)) {
    return std::nullopt;
  }
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  int64_t seconds = 0;
  if (text.find_first_of("eE") != absl::string_view::npos || !absl::SimpleAtoi(whole, &seconds)) {
    return absl::UnixEpoch() + absl::Seconds(*number);
  }
  int64_t nanoseconds = 0;
  if (point != absl::string_view::npos) {
    for (size_t digit = 1; digit <= 9; ++digit) {
      const size_t at = point + digit;
      nanoseconds = nanoseconds * 10 + (at < text.size() ? text[at] - '0' : 0);
    }
  }
  if (text[0] == '-') nanoseconds = -nanoseconds;
  return absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanoseconds);
}

}  // namespace qalam
