#include "core/trial_labels.h"

#include "absl/strings/numbers.h"

namespace qalam {

std::optional<int64_t> ResumedTrial(const std::map<std::string, std::string>& labels) {
  const auto found = labels.find(kResumeFromLabel);
  int64_t number = 0;
  if (found == labels.end() || !absl::SimpleAtoi(found->second, &number) || number < 0) {
    return std::nullopt;
  }
  return number;
}

}  // namespace qalam
