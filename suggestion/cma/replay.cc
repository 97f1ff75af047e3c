#include "suggestion/cma/replay.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <utility>

namespace qalam {
namespace {

bool IsIn(const std::vector<int64_t>& sorted, int64_t number) {
  return std::binary_search(sorted.begin(), sorted.end(), number);
}

Outcome OutcomeAt(const History& history, int index) {
  return OutcomeOf(history.trial(index), history.objective());
}

// The middle one of the outcomes of `members`, which are not empty.
Outcome MedianOutcome(const std::vector<CmaMember>& members) {
  std::vector<Outcome> outcomes;
  for (const CmaMember& member : members) outcomes.push_back(member.outcome);
  const auto middle = outcomes.begin() + static_cast<std::ptrdiff_t>(outcomes.size() / 2);
  std::nth_element(outcomes.begin(), middle, outcomes.end(), BetterOutcome);
  return *middle;
}

}  // namespace

CmaReplay::CmaReplay(const CmaCoordinates* coordinates, const CmaOptions& options)
    : coordinates_(coordinates), options_(options), state_(coordinates, options) {}

void CmaReplay::Update(const History& history) {
  if (!Extends(history)) Reset();
  while (known_ < history.size()) Add(history, known_++);
  hash_ = history.PrefixHash(known_);
  Drop(history);
  PrepareNext(history);
}

CmaLabels CmaReplay::NextLabels(bool first) const {
  CmaLabels labels{.generation = generation_, .run = state().run()};
  if (started_ && next_.has_value()) ++labels.generation;
  if (first) labels.waiting = waiting_;
  labels.warm = first && !started_ && next_.has_value() && next_->closing.members.empty();
  return labels;
}

// Besides the points, the results of the last generation are compared: a cheap guard against a
// caller that shows one instance several histories of the same points.
bool CmaReplay::Extends(const History& history) const {
  if (history.size() < known_ || history.PrefixHash(known_) != hash_) return false;
  return std::all_of(last_own_.begin(), last_own_.end(), [&](const std::pair<int, uint64_t>& own) {
    return ResultHash(history.trial(own.first)) == own.second;
  });
}

void CmaReplay::Reset() { *this = CmaReplay(coordinates_, options_); }

void CmaReplay::Add(const History& history, int index) {
  const TrialRecord& trial = history.trial(index);
  std::optional<CmaLabels> labels = ParseCmaLabels(trial.labels);
  if (labels.has_value() && !started_ && labels->generation == 0) {
    if (next_.has_value() && next_->closing.members.empty()) next_.reset();
    if (labels->warm) state_ = WarmState();
    Commit(StartWithout(history, labels->waiting));
  } else if (labels.has_value() && started_ && labels->generation == generation_ + 1) {
    Closing closing = CloseWithout(history, labels->waiting);
    if (!closing.own.empty()) Commit(std::move(closing));
  }
  Open open{.index = index, .number = trial.number, .foreign_point = true};
  open.own = labels.has_value() && started_ && labels->generation == generation_;
  if (open.own) {
    bool changed = false;
    std::tie(open.point, changed) = coordinates_->Match(
        state_.Sample(trial.number, labels->attempt), trial.assignment, history.unit(index));
    open.foreign_point = changed || labels->attempt > 0;
    open.generation = generation_;
  } else {
    open.point = coordinates_->Encode(trial.assignment, history.unit(index));
  }
  open_.push_back(std::move(open));
}

// Forgets trials that will never have a result that can be used.
void CmaReplay::Drop(const History& history) {
  std::erase_if(open_, [&](const Open& open) {
    const OutcomeKind kind = OutcomeAt(history, open.index).kind;
    return kind == OutcomeKind::kNothing || (!open.own && kind == OutcomeKind::kFailed);
  });
}

// The members that close the open generation when the trials of `waiting` are left out. `own` is
// empty when they are too few.
CmaReplay::Closing CmaReplay::CloseWithout(const History& history,
                                           const std::vector<int64_t>& waiting) const {
  Closing closing;
  std::vector<CmaMember> foreign;
  for (const Open& open : open_) {
    if (IsIn(waiting, open.number)) continue;
    const TrialRecord& trial = history.trial(open.index);
    const Outcome outcome = OutcomeAt(history, open.index);
    const bool failed = outcome.kind == OutcomeKind::kFailed;
    if (!outcome.has_loss() && !(failed && open.own)) continue;
    closing.used.push_back(open.index);
    CmaMember member{.point = open.point,
                     .outcome = outcome,
                     .foreign = open.foreign_point || open.generation != generation_,
                     .number = open.number};
    if (open.own) closing.own.emplace_back(open.index, ResultHash(trial));
    (open.own ? closing.members : foreign).push_back(std::move(member));
  }
  if (static_cast<int>(closing.own.size()) < state_.population()) return {};
  const Outcome median = MedianOutcome(closing.members);
  for (CmaMember& member : foreign) {
    if (BetterOutcome(member.outcome, median)) closing.members.push_back(std::move(member));
  }
  return closing;
}

// The trials of others that the search starts from; none when they are few.
CmaReplay::Closing CmaReplay::StartWithout(const History& history,
                                           const std::vector<int64_t>& waiting) const {
  Closing closing;
  for (const Open& open : open_) {
    const Outcome outcome = OutcomeAt(history, open.index);
    if (IsIn(waiting, open.number) || !outcome.has_loss()) continue;
    closing.used.push_back(open.index);
    closing.members.push_back(
        {.point = open.point, .outcome = outcome, .foreign = true, .number = open.number});
  }
  if (static_cast<int>(closing.members.size()) < 2 * state_.population()) return {};
  return closing;
}

CmaReplay::Closing CmaReplay::ClosingWithout(const History& history,
                                             const std::vector<int64_t>& waiting) const {
  return started_ ? CloseWithout(history, waiting) : StartWithout(history, waiting);
}

CmaState CmaReplay::After(const Closing& closing) const {
  CmaState after = state_;
  if (started_) {
    after.Advance(closing.members);
  } else {
    after.WarmStart(closing.members);
  }
  return after;
}

// Closes the open generation, or starts the search.
void CmaReplay::Commit(Closing closing) {
  if (next_.has_value() && next_->closing.used == closing.used) {
    state_ = std::move(next_->state);
  } else if (!closing.members.empty()) {
    state_ = After(closing);
  }
  next_.reset();
  std::erase_if(open_, [&](const Open& open) {
    return std::binary_search(closing.used.begin(), closing.used.end(), open.index);
  });
  if (started_) ++generation_;
  started_ = true;
  last_own_ = std::move(closing.own);
}

CmaState CmaReplay::WarmState() const {
  CmaState state(coordinates_, options_);
  if (options_.beliefs != nullptr) state.WarmStart(*options_.beliefs);
  return state;
}

bool CmaReplay::BeliefsHold(const History& history) const {
  if (options_.beliefs == nullptr) return false;
  const Open* best = nullptr;
  bool compared = false;
  for (const Open& open : open_) {
    const Outcome outcome = OutcomeAt(history, open.index);
    if (!outcome.has_loss()) continue;
    compared |= history.trial(open.index).assignment == options_.middle;
    if (best == nullptr || BetterOutcome(outcome, OutcomeAt(history, best->index))) best = &open;
  }
  if (!compared || history.trial(best->index).assignment == options_.middle) return false;
  const CmaState cold(coordinates_, options_);
  const CmaState warm = WarmState();
  double to_cold = 0;
  double to_warm = 0;
  for (size_t j = 0; j < cold.mean().size(); ++j) {
    to_cold += std::pow(best->point.ordered[j] - cold.mean()[j], 2);
    to_warm += std::pow(best->point.ordered[j] - warm.mean()[j], 2);
  }
  return to_warm <= to_cold;
}

void CmaReplay::PrepareNext(const History& history) {
  Closing closing = ClosingWithout(history, {});
  waiting_.clear();
  if (!started_ || !closing.members.empty()) {
    for (const Open& open : open_) {
      if (!IsFinal(history.trial(open.index).condition)) waiting_.push_back(open.number);
    }
  }
  if (!started_ && closing.members.empty() && BeliefsHold(history)) {
    next_.emplace(Next{WarmState(), {}});
  } else if (closing.members.empty()) {
    next_.reset();
  } else if (!next_.has_value() || next_->closing.used != closing.used) {
    CmaState after = After(closing);
    next_.emplace(Next{std::move(after), std::move(closing)});
  }
}

}  // namespace qalam
