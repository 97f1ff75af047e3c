#include "suggestion/resumption.h"

#include <algorithm>

namespace qalam {

// Numbers increase.
std::optional<int> FindTrial(const History& history, int64_t number) {
  int low = 0;
  int high = history.size();
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (history.trial(middle).number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool found = low < history.size() && history.trial(low).number == number;
  return found ? std::optional<int>(low) : std::nullopt;
}

bool NeedsCheckpoints(const AlgorithmDescriptor& algorithm) {
  return std::any_of(algorithm.settings.begin(), algorithm.settings.end(),
                     [](const SettingSpec& setting) { return setting.name == kTrialDirSetting; });
}

}  // namespace qalam
