#include "suggestion/history_ahead.h"

#include <utility>

namespace qalam {

HistoryAhead::HistoryAhead(std::shared_ptr<const SearchSpace> space, Objective objective)
    : space_(std::move(space)), objective_(std::move(objective)), copy_(space_, objective_) {}

void HistoryAhead::Follow(const History& history) {
  const bool extends = copy_.size() <= history.size() &&
                       copy_.PrefixHash(copy_.size()) == history.PrefixHash(copy_.size());
  if (extends) TakeNew(history);
  if (!extends || copy_.ResultsHash() != history.ResultsHash()) {
    copy_ = History(space_, objective_);
    open_.clear();
    TakeNew(history);
  }
  copy_.SkipNumbers(history.next_number());
}

void HistoryAhead::AddPending(int64_t number, const Suggestion& suggestion) {
  TrialRecord trial;
  trial.number = number;
  trial.assignment = suggestion.assignment;
  trial.labels = suggestion.labels;
  open_.push_back(copy_.size());
  copy_.Put(std::move(trial));
}

// A trial that is final changes no more in the course of an experiment.
void HistoryAhead::TakeNew(const History& history) {
  std::vector<int> open;
  for (const int i : open_) Take(history, i, open);
  for (int i = copy_.size(); i < history.size(); ++i) Take(history, i, open);
  open_ = std::move(open);
}

void HistoryAhead::Take(const History& history, int i, std::vector<int>& open) {
  copy_.Put(history.trial(i));
  if (!IsFinal(history.trial(i).condition)) open.push_back(i);
}

}  // namespace qalam
