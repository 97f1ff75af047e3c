#include "suggestion/multi_objective/survivors.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "math/pareto.h"
#include "suggestion/multi_objective/outcome_fronts.h"

namespace qalam {

void Survivors::Update(const History& history) {
  const int known = static_cast<int>(seen_.size());
  if (history.size() < known || history.PrefixHash(known) != prefix_hash_) {
    *this = Survivors(size_, std::move(cut_));
  }
  if (!Learn(history) || NothingEnters()) return;
  const size_t open = static_cast<size_t>(history.size() / size_);  // the block being filled
  closed_.resize(std::min(static_cast<size_t>(changed_ / size_), open));
  while (closed_.size() < open) {
    std::vector<int>& survivors = closed_.emplace_back();
    for (const std::vector<int>& front : AfterBlock(static_cast<int>(closed_.size()) - 1)) {
      survivors.insert(survivors.end(), front.begin(), front.end());
    }
    std::sort(survivors.begin(), survivors.end());
  }
  Describe(AfterBlock(static_cast<int>(open)));
}

// False when nothing is new.
bool Survivors::Learn(const History& history) {
  changed_ = history.size();
  learned_.clear();
  revised_ = false;
  const int known = static_cast<int>(seen_.size());
  const uint64_t before = results_hash_;
  const std::vector<int> waiting = std::exchange(pending_, {});
  for (const int trial : waiting) LearnOne(history, trial);
  seen_.resize(static_cast<size_t>(history.size()));
  for (int trial = known; trial < history.size(); ++trial) LearnOne(history, trial);
  if (results_hash_ != history.ResultsHash()) {
    pending_.clear();
    for (int trial = 0; trial < history.size(); ++trial) LearnOne(history, trial);
  }
  prefix_hash_ = history.PrefixHash(history.size());
  return known < history.size() || results_hash_ != before;
}

void Survivors::LearnOne(const History& history, int trial) {
  Seen& seen = seen_[static_cast<size_t>(trial)];
  const uint64_t hash = ResultHash(history.trial(trial));
  if (hash != seen.hash) {
    if (seen.outcome.has_loss()) {
      revised_ = true;
    } else {
      learned_.push_back(trial);
    }
    seen.outcome = OutcomeOf(history.trial(trial), history.objective());
    results_hash_ += hash - seen.hash;
    seen.hash = hash;
    changed_ = std::min(changed_, trial);
  }
  if (seen.outcome.kind == OutcomeKind::kPending) pending_.push_back(trial);
}

// What a member of the last front dominates lies in a later front, and dominates no survivor: so a
// full population, and the cut through its last front, stay the same.
bool Survivors::NothingEnters() const {
  const int open = static_cast<int>(closed_.size());
  const bool same_block =
      static_cast<int>(seen_.size()) / size_ == open && changed_ >= open * size_;
  if (revised_ || !same_block || static_cast<int>(members_.size()) < size_) return false;
  const auto last = std::find_if(members_.begin(), members_.end(), [this](const Member& member) {
    return member.front == members_.back().front;
  });
  return std::all_of(learned_.begin(), learned_.end(), [&](int trial) {
    const Outcome& outcome = seen_[static_cast<size_t>(trial)].outcome;
    return !outcome.has_loss() || std::any_of(last, members_.end(), [&](const Member& member) {
      const Outcome& survivor = seen_[static_cast<size_t>(member.trial)].outcome;
      // Equal violations share a front.
      if (!survivor.feasible() && survivor.violation == outcome.violation) return false;
      return DominatesOutcome(survivor, outcome);
    });
  });
}

// The survivors of the block before and the results of this one, cut down.
std::vector<std::vector<int>> Survivors::AfterBlock(int block) const {
  std::vector<int> trials;
  if (block > 0) trials = closed_[static_cast<size_t>(block) - 1];
  const int end = std::min((block + 1) * size_, static_cast<int>(seen_.size()));
  for (int trial = block * size_; trial < end; ++trial) {
    if (seen_[static_cast<size_t>(trial)].outcome.has_loss()) trials.push_back(trial);
  }
  return Select(trials, block);
}

std::vector<std::vector<int>> Survivors::Select(const std::vector<int>& trials,
                                                int64_t step) const {
  std::vector<const Outcome*> outcomes;
  outcomes.reserve(trials.size());
  for (const int trial : trials) {
    outcomes.push_back(&seen_[static_cast<size_t>(trial)].outcome);
  }
  std::vector<std::vector<int>> fronts = OutcomeFronts(outcomes, static_cast<size_t>(size_));
  size_t members = 0;
  for (std::vector<int>& front : fronts) {
    for (int& i : front) i = trials[static_cast<size_t>(i)];
    members += front.size();
  }
  if (members > static_cast<size_t>(size_)) CutLast(fronts, step);
  return fronts;
}

// Only the last front does not fit.
void Survivors::CutLast(std::vector<std::vector<int>>& fronts, int64_t step) const {
  std::vector<int>& last = fronts.back();
  std::vector<double> losses;
  for (const std::vector<int>& front : fronts) {
    for (const int trial : front) AppendLosses(seen_[static_cast<size_t>(trial)].outcome, losses);
  }
  const size_t width = 1 + seen_[static_cast<size_t>(last.front())].outcome.further_losses.size();
  const size_t sure = losses.size() / width - last.size();
  std::vector<int> chosen = cut_({.sure = absl::MakeConstSpan(losses).first(sure * width),
                                  .front = absl::MakeConstSpan(losses).subspan(sure * width),
                                  .width = static_cast<int>(width),
                                  .count = size_ - static_cast<int>(sure),
                                  .step = step});
  for (int& k : chosen) k = last[static_cast<size_t>(k)];
  std::sort(chosen.begin(), chosen.end());
  last = std::move(chosen);
}

// From the survivors alone: so nothing changes when a block is full and another one begins.
void Survivors::Describe(const std::vector<std::vector<int>>& fronts) {
  members_.clear();
  int number = 0;
  std::vector<double> losses;
  for (const std::vector<int>& front : fronts) {
    losses.clear();
    for (const int trial : front) AppendLosses(seen_[static_cast<size_t>(trial)].outcome, losses);
    const std::vector<double> distances =
        CrowdingDistances({losses, static_cast<int>(losses.size() / front.size())});
    for (size_t k = 0; k < front.size(); ++k) members_.push_back({front[k], number, distances[k]});
    std::sort(members_.end() - static_cast<ptrdiff_t>(front.size()), members_.end(),
              [](const Member& a, const Member& b) {
                return a.crowding != b.crowding ? a.crowding > b.crowding : a.trial < b.trial;
              });
    ++number;
  }
}

}  // namespace qalam
