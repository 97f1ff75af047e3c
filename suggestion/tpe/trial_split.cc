#include "suggestion/tpe/trial_split.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace qalam {
namespace {

bool IsFinished(const Outcome& outcome) {
  return outcome.kind != OutcomeKind::kPending && outcome.kind != OutcomeKind::kNothing;
}

}  // namespace

void TrialSplit::Update(const History& history) {
  moved_.clear();
  Forget(history.size());
  const std::vector<int> waiting = std::exchange(pending_, {});
  for (const int row : waiting) {
    if (row < rows()) Learn(history, row);
  }
  const int known = rows();
  seen_.resize(static_cast<size_t>(history.size()));
  for (int row = known; row < history.size(); ++row) Learn(history, row);
  if (results_hash_ != history.ResultsHash()) {
    pending_.clear();
    for (int row = 0; row < history.size(); ++row) Learn(history, row);
  }
  ChooseGood();
}

// Drops all rows but the first `rows`.
void TrialSplit::Forget(int rows) {
  for (int row = this->rows() - 1; row >= rows; --row) {
    Replace(row, {OutcomeKind::kNothing}, 0);
    moved_.pop_back();
    seen_.pop_back();
  }
}

void TrialSplit::Learn(const History& history, int row) {
  const TrialRecord& trial = history.trial(row);
  const Outcome outcome = OutcomeOf(trial, history.objective());
  if (outcome.kind == OutcomeKind::kPending) pending_.push_back(row);
  const uint64_t hash = ResultHash(trial);
  if (hash != seen_[static_cast<size_t>(row)].hash) Replace(row, outcome, hash);
}

void TrialSplit::Replace(int row, const Outcome& outcome, uint64_t hash) {
  Seen& seen = seen_[static_cast<size_t>(row)];
  const auto rank = [row](const Outcome& of) {
    return Rank{of.kind == OutcomeKind::kPartial, of.loss, row};
  };
  if (seen.outcome.has_loss()) ranking_.erase(rank(seen.outcome));
  if (outcome.has_loss()) ranking_.insert(rank(outcome));
  finished_ += (IsFinished(outcome) ? 1 : 0) - (IsFinished(seen.outcome) ? 1 : 0);
  results_hash_ += hash - seen.hash;
  seen.outcome = outcome;
  seen.hash = hash;
  moved_.push_back(row);
}

void TrialSplit::ChooseGood() {
  for (const GoodTrial& trial : good_) {
    if (trial.row >= rows()) continue;
    seen_[static_cast<size_t>(trial.row)].good = false;
    moved_.push_back(trial.row);
  }
  good_.clear();
  // Whole numbers must not be pushed up by rounding: 0.1 * 30 is more than 3.
  const double share = std::ceil(gamma_ * finished_ - 1e-9);
  const size_t wanted = std::min(
      {static_cast<size_t>(std::max(share, 0.0)), ranking_.size(), static_cast<size_t>(max_good_)});
  auto rank = ranking_.begin();
  size_t better = 0;
  for (size_t i = 0; i < wanted; ++i, ++rank) {
    const auto& [partial, loss, row] = *rank;
    const bool equal =
        i > 0 && partial == std::get<0>(*std::prev(rank)) && loss == std::get<1>(*std::prev(rank));
    if (!equal) better = i;
    good_.push_back({row, 1 - static_cast<double>(better) / static_cast<double>(wanted)});
    seen_[static_cast<size_t>(row)].good = true;
    moved_.push_back(row);
  }
}

TrialSplit::Side TrialSplit::side(int row) const {
  const Seen& seen = seen_[static_cast<size_t>(row)];
  if (seen.good) return Side::kGood;
  return seen.outcome.kind == OutcomeKind::kNothing ? Side::kNone : Side::kBad;
}

}  // namespace qalam
