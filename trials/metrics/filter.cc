#include "trials/metrics/filter.h"

#include <re2/re2.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "trials/metrics/collector.h"

namespace qalam {
namespace {

bool IsDecimalDigit(char c) { return c >= '0' && c <= '9'; }

// [\w|-]
bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '|' || c == '-';
}

// RE2's \s, which has no vertical tab.
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// The end of the longest [+-]?\d*(\.\d+)?([Ee][+-]?\d+)? that begins at `i`.
size_t NumberEnd(absl::string_view line, size_t i) {
  const auto at = [&](size_t k) { return k < line.size() ? line[k] : '\0'; };
  const auto digits_end = [&](size_t k) {
    while (IsDecimalDigit(at(k))) ++k;
    return k;
  };
  if (at(i) == '+' || at(i) == '-') ++i;
  i = digits_end(i);
  if (at(i) == '.' && IsDecimalDigit(at(i + 1))) i = digits_end(i + 1);
  if (at(i) == 'e' || at(i) == 'E') {
    const size_t exponent = i + (at(i + 1) == '+' || at(i + 1) == '-' ? 2 : 1);
    if (IsDecimalDigit(at(exponent))) i = digits_end(exponent);
  }
  return i;
}

// The index of the "]" that ends the character class whose "[" is at `i`.
size_t ClassEnd(absl::string_view filter, size_t i) {
  ++i;
  if (i < filter.size() && filter[i] == '^') ++i;
  if (i < filter.size() && filter[i] == ']') ++i;  // a "]" in first place is literal
  while (i < filter.size() && filter[i] != ']') {
    if (filter[i] == '\\') {
      i += 2;
    } else if (absl::StartsWith(filter.substr(i), "[:")) {
      const size_t end = filter.find(":]", i + 2);
      i = end == absl::string_view::npos ? i + 1 : end + 2;
    } else {
      ++i;
    }
  }
  return i;
}

}  // namespace

bool NextDefaultMatch(absl::string_view line, size_t* position, FilterMatch* match) {
  size_t equals = line.find('=', *position);
  for (; equals != absl::string_view::npos; equals = line.find('=', equals + 1)) {
    size_t name_end = equals;
    while (name_end > *position && IsBlank(line[name_end - 1])) --name_end;
    size_t name_begin = name_end;
    while (name_begin > *position && IsNameCharacter(line[name_begin - 1])) --name_begin;
    if (name_begin == name_end) continue;
    size_t value_begin = equals + 1;
    while (value_begin < line.size() && IsBlank(line[value_begin])) ++value_begin;
    const size_t value_end = NumberEnd(line, value_begin);
    match->name = line.substr(name_begin, name_end - name_begin);
    match->value = line.substr(value_begin, value_end - value_begin);
    match->end = value_end;
    *position = value_end;
    return true;
  }
  return false;
}

std::vector<int> TopLevelGroups(absl::string_view filter) {
  std::vector<int> groups;
  std::vector<bool> open;  // for each open bracket, whether it captures
  int captured = 0;
  int depth = 0;  // open capturing brackets
  for (size_t i = 0; i < filter.size(); ++i) {
    switch (filter[i]) {
      case '\\':
        if (absl::StartsWith(filter.substr(i), "\\Q")) {
          const size_t end = filter.find("\\E", i + 2);
          if (end == absl::string_view::npos) return groups;
          i = end;
        }
        ++i;
        break;
      case '[':
        i = ClassEnd(filter, i);
        break;
      case '(': {
        const absl::string_view rest = filter.substr(i);
        const bool captures = !absl::StartsWith(rest, "(?") || absl::StartsWith(rest, "(?P<");
        if (captures) ++captured;
        if (captures && depth == 0) groups.push_back(captured);
        depth += captures ? 1 : 0;
        open.push_back(captures);
        break;
      }
      case ')':
        if (open.empty()) return groups;
        depth -= open.back() ? 1 : 0;
        open.pop_back();
        break;
      default:
        break;
    }
  }
  return groups;
}

std::vector<absl::Status> ValidateFilters(const std::vector<std::string>& filters) {
  std::vector<absl::Status> problems;
  for (size_t i = 0; i < filters.size(); ++i) {
    const std::string field = absl::StrCat("metricsCollectorSpec.source.filter.metricsFormat[", i,
                                           "]: \"", filters[i], "\" ");
    const RE2 regex(filters[i], RE2::Quiet);
    if (!regex.ok()) {
      problems.push_back(absl::InvalidArgumentError(
          absl::StrCat(field, "is not a regular expression of RE2: ", regex.error())));
    } else if (TopLevelGroups(filters[i]).size() < 2) {
      problems.push_back(absl::InvalidArgumentError(
          absl::StrCat(field,
                       "must have two groups in brackets, side by side: the metric's name and "
                       "its value, as in ([\\w|-]+)=(.*)")));
    }
  }
  return problems;
}

}  // namespace qalam
