// FormatNumber and ParseNumber of parameter.h.
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/strings/charconv.h"
#include "core/parameter.h"

namespace qalam {

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // Plain notation for the magnitudes that people write plainly, as Python's repr does.
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char text[32];
  const std::to_chars_result end =
      std::to_chars(text, text + sizeof(text), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(text, end.ptr);
}

std::optional<double> ParseNumber(absl::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  // absl's reader also takes "nan(text)" and "0x10", which are no decimal numbers.
  if (text.empty() || text.find_first_of("xX(") != absl::string_view::npos) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const absl::from_chars_result read = absl::from_chars(text.data(), end, value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range && std::fabs(value) > 1) {
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  }
  return value;
}

}  // namespace qalam
