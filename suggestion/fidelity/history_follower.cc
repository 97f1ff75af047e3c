#include "suggestion/fidelity/history_follower.h"

#include "core/random_stream.h"

namespace qalam {
namespace {

uint64_t LabelsHash(const TrialRecord& trial) {
  uint64_t hash = trial.labels.size();
  for (const auto& [name, value] : trial.labels) {
    hash = StableMix(StableMix(hash, StableHash(name)), StableHash(value));
  }
  return hash;
}

}  // namespace

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

// False when a trial that had ended has another result now, or one that had begun other labels: a
// proposal that was not taken, whose number and point someone else's trial has.
bool HistoryFollower::TakeNew(const History& history) {
  for (; known_ < history.size(); ++known_) {
    Begin(history, known_);
    open_.push_back({.index = known_, .labels = LabelsHash(history.trial(known_))});
  }
  prefix_ = history.PrefixHash(known_);
  bool same_labels = true;
  std::erase_if(open_, [&](Open& open) {
    const TrialRecord& trial = history.trial(open.index);
    same_labels = same_labels && LabelsHash(trial) == open.labels;
    const uint64_t hash = ResultHash(trial);
    results_ += hash - open.hash;
    open.hash = hash;
    if (!IsFinal(trial.condition)) return false;
    End(history, open.index);
    return true;
  });
  return same_labels && results_ == history.ResultsHash();
}

}  // namespace qalam
