#include "core/trial_labels.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace qalam {
namespace {

std::optional<int64_t> NumberOf(const std::map<std::string, std::string>& labels, const char* name,
                                int64_t least) {
  const auto found = labels.find(name);
  int64_t number = 0;
  if (found == labels.end() || !absl::SimpleAtoi(found->second, &number) || number < least) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<int64_t> ResumedTrial(const std::map<std::string, std::string>& labels) {
  return NumberOf(labels, kResumeFromLabel, 0);
}

std::optional<int64_t> PlannedReports(const std::map<std::string, std::string>& labels) {
  return NumberOf(labels, kReportsLabel, 1);
}

std::optional<int64_t> ReportsToMake(const std::map<std::string, std::string>& labels) {
  const std::optional<int64_t> planned = PlannedReports(labels);
  if (!planned.has_value()) return std::nullopt;
  const int64_t before = NumberOf(labels, kReportsBeforeLabel, 0).value_or(0);
  return std::max<int64_t>(1, *planned - before);
}

}  // namespace qalam
