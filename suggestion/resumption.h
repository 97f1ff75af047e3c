#ifndef QALAM_SUGGESTION_RESUMPTION_H_
#define QALAM_SUGGESTION_RESUMPTION_H_

#include <cstdint>
#include <optional>

#include "core/history.h"
#include "suggestion/registry.h"

namespace qalam {

// What a Suggester is beside that when its trials go on from what others left (kResumeFromLabel).
class ResumingSuggester {
 public:
  virtual ~ResumingSuggester() = default;

  // Whether a later suggestion may go on from the i-th trial of the history, which has ended. Once
  // false it stays false however the history goes on, so that what the trial left may be thrown
  // away.
  virtual bool MayGoOnFrom(const History& history, int i) = 0;
};

// The place in the history of the trial with this number; nothing when there is none.
std::optional<int> FindTrial(const History& history, int64_t number);

// Katib's setting of population training: where trials have the folder for their checkpoint.
inline constexpr char kTrialDirSetting[] = "suggestion_trial_dir";

// True for algorithms whose trials are worth nothing without what others left: each needs a folder
// for its checkpoint, and a point may well be tried twice. They are those with the setting
// suggestion_trial_dir.
bool NeedsCheckpoints(const AlgorithmDescriptor& algorithm);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_RESUMPTION_H_
