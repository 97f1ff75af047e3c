#include "suggestion/cma/labels.h"

#include <cstddef>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace qalam {
namespace {

constexpr char kGeneration[] = "cmaes.generation";
constexpr char kRun[] = "cmaes.run";
constexpr char kAttempt[] = "cmaes.attempt";
constexpr char kWaiting[] = "cmaes.waiting";
constexpr char kWarm[] = "cmaes.warm";
constexpr int64_t kMaxWaiting = 1 << 20;  // a list that says more is no list of ours

// "3.7-9" for 3, 7, 8, 9.
std::string FormatNumbers(const std::vector<int64_t>& numbers) {
  std::string text;
  for (size_t begin = 0, end = 0; begin < numbers.size(); begin = end) {
    end = begin + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    absl::StrAppend(&text, text.empty() ? "" : ".", numbers[begin]);
    if (end - begin > 1) absl::StrAppend(&text, "-", numbers[end - 1]);
  }
  return text;
}

std::optional<std::vector<int64_t>> ParseNumbers(const std::string& text) {
  std::vector<int64_t> numbers;
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    const std::pair<std::string, std::string> ends = absl::StrSplit(part, absl::MaxSplits('-', 1));
    int64_t first = 0;
    int64_t last = 0;
    if (!absl::SimpleAtoi(ends.first, &first) ||
        !absl::SimpleAtoi(ends.second.empty() ? ends.first : ends.second, &last)) {
      return std::nullopt;
    }
    const bool increasing = numbers.empty() || first > numbers.back();
    if (first < 0 || last < first || last - first > kMaxWaiting || !increasing) return std::nullopt;
    for (int64_t number = first; number <= last; ++number) numbers.push_back(number);
  }
  return numbers;
}

// The number under `name`, at least 0; 0 where there is none and nothing where it is no number.
template <typename Int>
std::optional<Int> NumberAt(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  if (found == labels.end()) return 0;
  Int value = 0;
  if (!absl::SimpleAtoi(found->second, &value) || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::map<std::string, std::string> FormatCmaLabels(const CmaLabels& labels) {
  std::map<std::string, std::string> text = {{kGeneration, absl::StrCat(labels.generation)},
                                             {kRun, absl::StrCat(labels.run)}};
  if (labels.attempt > 0) text[kAttempt] = absl::StrCat(labels.attempt);
  if (!labels.waiting.empty()) text[kWaiting] = FormatNumbers(labels.waiting);
  if (labels.warm) text[kWarm] = absl::StrCat(1);
  return text;
}

std::optional<CmaLabels> ParseCmaLabels(const std::map<std::string, std::string>& labels) {
  if (!labels.contains(kGeneration)) return std::nullopt;
  const std::optional<int64_t> generation = NumberAt<int64_t>(labels, kGeneration);
  const std::optional<int> run = NumberAt<int>(labels, kRun);
  const std::optional<int> attempt = NumberAt<int>(labels, kAttempt);
  if (!generation || !run || !attempt || *attempt > 1000) return std::nullopt;
  CmaLabels parsed{.generation = *generation, .run = *run, .attempt = *attempt};
  if (const auto found = labels.find(kWaiting); found != labels.end()) {
    std::optional<std::vector<int64_t>> waiting = ParseNumbers(found->second);
    if (!waiting) return std::nullopt;
    parsed.waiting = *std::move(waiting);
  }
  parsed.warm = labels.contains(kWarm);
  return parsed;
}

}  // namespace qalam
