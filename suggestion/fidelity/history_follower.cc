#include "suggestion/fidelity/history_follower.h"

namespace qalam {

void HistoryFollower::Update(const History& history) {
  const bool extends =
      !forgotten_ && known_ <= history.size() && history.PrefixHash(known_) == prefix_;
  if (extends && TakeNew(history)) return;
  Reset();
  forgotten_ = false;
  known_ = 0;
  results_ = 0;
  open_.clear();
  TakeNew(history);
}

// False when a trial that had ended has another result now.
bool HistoryFollower::TakeNew(const History& history) {
  for (; known_ < history.size(); ++known_) {
    Begin(history, known_);
    open_.push_back({.index = known_});
  }
  prefix_ = history.PrefixHash(known_);
  std::erase_if(open_, [&](Open& open) {
    const TrialRecord& trial = history.trial(open.index);
    const uint64_t hash = ResultHash(trial);
    results_ += hash - open.hash;
    open.hash = hash;
    if (!IsFinal(trial.condition)) return false;
    End(history, open.index);
    return true;
  });
  return results_ == history.ResultsHash();
}

}  // namespace qalam
