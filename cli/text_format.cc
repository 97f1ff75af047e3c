#include "cli/text_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/outcomes.h"

namespace qalam {
namespace {

struct CodePoint {
  uint32_t value = 0;
  int bytes = 1;
  bool valid = false;
};

// Reads the code point at the beginning of `text`, which is not empty.
CodePoint ReadCodePoint(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const int bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < static_cast<size_t>(bytes)) return {};
  uint32_t value = lead & (0xff >> (bytes + 1));
  for (int i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    value = value << 6 | (next & 0x3f);
  }
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kSmallest[bytes] || value > 0x10ffff || surrogate) return {};
  return {value, bytes, true};
}

bool IsControl(uint32_t c) {
  const bool bidirectional = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || bidirectional;
}

int ColumnsOf(uint32_t c) {
  static constexpr std::pair<uint32_t, uint32_t> kCombining[] = {
      {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
  static constexpr std::pair<uint32_t, uint32_t> kWide[] = {
      {0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},  {0xfe30, 0xfe6f},
      {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
  const auto contains = [c](const auto& range) { return c >= range.first && c <= range.second; };
  if (std::any_of(std::begin(kCombining), std::end(kCombining), contains)) return 0;
  return std::any_of(std::begin(kWide), std::end(kWide), contains) ? 2 : 1;
}

}  // namespace

std::string FormatElapsed(absl::Duration duration) {
  duration = std::max(duration, absl::ZeroDuration());
  if (duration < absl::Seconds(9.95)) {
    return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(duration));
  }
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  if (seconds < 86400) return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%dd%02dh", seconds / 86400, seconds / 3600 % 24);
}

std::string FormatAge(absl::Duration age) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(age));
  const int64_t minutes = seconds / 60;
  const int64_t hours = minutes / 60;
  const int64_t days = hours / 24;
  const auto two = [](int64_t big, const char* big_unit, int64_t small, const char* small_unit) {
    return small == 0 ? absl::StrCat(big, big_unit)
                      : absl::StrCat(big, big_unit, small, small_unit);
  };
  if (seconds < 120) return absl::StrCat(seconds, "s");
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (hours < 3) return absl::StrCat(minutes, "m");
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return absl::StrCat(hours, "h");
  if (days < 8) return two(days, "d", hours % 24, "h");
  if (days < 2 * 365) return absl::StrCat(days, "d");
  if (days < 8 * 365) return two(days / 365, "y", days % 365, "d");
  return absl::StrCat(days / 365, "y");
}

std::string ShortNumber(absl::string_view text) {
  constexpr size_t kLongEnough = 8;
  if (text.size() <= kLongEnough) return std::string(text);
  const std::optional<double> value = ParseNumber(text);
  if (!value.has_value() || !std::isfinite(*value)) return std::string(text);
  const std::string brief = absl::StrFormat("%.6g", *value);
  return brief.size() < text.size() ? brief : std::string(text);
}

std::string Printable(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = ReadCodePoint(text);
    if (c.valid && !IsControl(c.value)) {
      result.append(text.data(), c.bytes);
    } else {
      result += '?';
    }
    text.remove_prefix(c.bytes);
  }
  return result;
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint c = ReadCodePoint(text);
    width += ColumnsOf(c.value);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string Truncate(absl::string_view text, int width, absl::string_view ellipsis) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const int room = width - DisplayWidth(ellipsis);
  if (room < 0) return "";
  int used = 0;
  size_t end = 0;
  while (end < text.size()) {
    const CodePoint c = ReadCodePoint(text.substr(end));
    used += ColumnsOf(c.value);
    if (used > room) break;
    end += c.bytes;
  }
  return absl::StrCat(text.substr(0, end), ellipsis);
}

std::string FormatAssignment(const NamedValues& assignment, bool brief) {
  return absl::StrJoin(assignment, " ", [&](std::string* out, const auto& entry) {
    absl::StrAppend(out, Printable(entry.first), "=",
                    Printable(brief ? ShortNumber(entry.second) : entry.second));
  });
}

std::string ObjectiveText(const StoredTrial& trial, const Objective& objective) {
  if (!objective.metrics.empty()) {
    std::string logged = ObservedValue(trial.observation, objective.metrics[0]);
    if (!logged.empty()) return logged;
  }
  return trial.objective.has_value() ? FormatNumber(*trial.objective) : "";
}

std::string ObjectiveValues(const StoredTrial& trial, const Objective& objective) {
  if (objective.count() == 1) return ObjectiveText(trial, objective);
  std::vector<std::string> values;
  for (int i = 0; i < objective.count(); ++i) {
    values.push_back(ShortNumber(ObservedValue(trial.observation, OptimisedMetric(objective, i))));
  }
  return trial.objective.has_value() ? absl::StrJoin(values, ", ") : "";
}

std::string NamedObjectives(const StoredTrial& trial, const Objective& objective, bool brief) {
  std::vector<std::string> texts;
  for (int i = 0; i < (objective.metrics.empty() ? 0 : objective.count()); ++i) {
    const std::string value = i == 0
                                  ? ObjectiveText(trial, objective)
                                  : ObservedValue(trial.observation, OptimisedMetric(objective, i));
    texts.push_back(absl::StrCat(Printable(OptimisedMetric(objective, i).name), "=",
                                 Printable(brief ? ShortNumber(value) : value)));
  }
  return absl::StrJoin(texts, " ");
}

std::string DescribeObjective(const Objective& objective, const FurtherGoals& further_goals) {
  const std::string metric = objective.metrics.empty() ? "" : objective.metrics[0].name;
  std::string text = absl::StrCat(DirectionName(objective.direction), " ", Printable(metric));
  if (objective.goal.has_value()) absl::StrAppend(&text, ", goal ", FormatNumber(*objective.goal));
  for (size_t i = 0; i < objective.further.size(); ++i) {
    const FurtherObjective& further = objective.further[i];
    absl::StrAppend(&text, "; ", DirectionName(further.direction), " ", Printable(further.metric));
    if (i >= further_goals.size() || !further_goals[i].has_value()) continue;
    absl::StrAppend(&text, ", goal ", FormatNumber(*further_goals[i]));
  }
  for (const OutcomeConstraint& constraint : objective.constraints) {
    absl::StrAppend(&text, "; ", Printable(BoundText(constraint)));
  }
  return text;
}

int64_t FinishedTrials(const TrialCounts& counts) {
  return counts.succeeded + counts.killed + counts.failed + counts.metrics_unavailable +
         counts.early_stopped;
}

int64_t TotalTrials(const TrialCounts& counts) {
  return FinishedTrials(counts) + counts.created + counts.running;
}

std::string FormatCounts(const TrialCounts& counts) {
  const std::pair<int64_t, const char*> parts[] = {
      {counts.succeeded, "succeeded"}, {counts.early_stopped, "early stopped"},
      {counts.failed, "failed"},       {counts.metrics_unavailable, "without metrics"},
      {counts.killed, "killed"},       {counts.running, "running"},
      {counts.created, "waiting"},
  };
  std::vector<std::string> texts;
  for (const auto& [count, name] : parts) {
    if (count > 0) texts.push_back(absl::StrCat(count, " ", name));
  }
  return texts.empty() ? "none yet" : absl::StrJoin(texts, ", ");
}

std::string ShellQuote(absl::string_view word) {
  const auto is_plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("/._-+:@%").find(c) != absl::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

std::string Plural(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace qalam
