#include "suggestion/population/members.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/random_stream.h"

namespace qalam {
namespace {

constexpr char kWinnerPurpose[] = "population";
constexpr int kMostRuns = 2;  // of a trial that fails

}  // namespace

void Members::Reset() {
  members_.clear();
  rankings_.clear();
}

void Members::Begin(const History& history, int i) {
  const std::optional<PopulationPlace> place = ParsePopulationPlace(history.trial(i).labels);
  // What goes on must be a point of the space.
  if (!place.has_value() || !history.space().IsPoint(history.trial(i).assignment)) return;
  const auto [found, is_new] = members_.try_emplace(place->member);
  Member& member = found->second;
  member.tries = !is_new && member.place == *place ? member.tries + 1 : 1;
  member.trial = i;
  member.place = *place;
}

void Members::End(const History& history, int i) {
  const std::optional<PopulationPlace> place = ParsePopulationPlace(history.trial(i).labels);
  if (!place.has_value() || !history.space().IsPoint(history.trial(i).assignment)) return;
  const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
  if (outcome.kind != OutcomeKind::kObserved) return;
  rankings_[place->generation].insert(Ranked(history, i, outcome));
}

Members::Fate Members::FateOf(const History& history, const Member& member) const {
  const TrialRecord& trial = history.trial(member.trial);
  const Outcome outcome = OutcomeOf(trial, history.objective());
  if (outcome.kind == OutcomeKind::kObserved) return Fate::kRanked;
  if (outcome.kind == OutcomeKind::kNothing) return Fate::kRepeat;
  const bool failed = trial.condition == TrialCondition::kFailed;
  return failed && member.tries < kMostRuns ? Fate::kRepeat : Fate::kLost;
}

PopulationStep Members::Next(const History& history) const {
  // Members are numbered from 0 without gaps, unless someone else wrote their labels.
  const int64_t next = members_.empty() ? 0 : members_.rbegin()->first + 1;
  if (static_cast<int64_t>(members_.size()) < size_) return NewMember(history, next);
  const std::pair<const int64_t, Member>* behind = nullptr;
  for (const auto& entry : members_) {
    if (!IsFinal(history.trial(entry.second.trial).condition)) continue;
    const auto order = [&](const Member& member) {
      const bool goes_on = FateOf(history, member) == Fate::kRanked;
      return std::pair(member.place.generation + (goes_on ? 1 : 0), member.trial);
    };
    if (behind == nullptr || order(entry.second) < order(behind->second)) behind = &entry;
  }
  if (behind == nullptr) return NewMember(history, next);
  return Continue(history, behind->first, behind->second);
}

PopulationStep Members::Continue(const History& history, int64_t id, const Member& member) const {
  const Fate fate = FateOf(history, member);
  const int64_t generation = member.place.generation;
  if (fate == Fate::kRepeat) {
    return {.kind = PopulationStep::Kind::kRepeat, .place = member.place, .from = member.trial};
  }
  if (fate == Fate::kLost) {
    if (rankings_.contains(generation)) return Replace(history, id, generation);
    if (generation > 0) return Replace(history, id, generation - 1);
    return {.place = {.member = id}};
  }
  const std::set<RankedTrial>& ranking = rankings_.at(generation);
  const auto own = std::find_if(ranking.begin(), ranking.end(), [&](const RankedTrial& trial) {
    return trial.index == member.trial;
  });
  const int64_t rank = 1 + std::distance(ranking.begin(), own);
  const auto of = static_cast<int64_t>(ranking.size());
  PopulationStep step;
  if (rank > of - GivenUp(of)) {
    step = Replace(history, id, generation);
  } else {
    step = {.kind = PopulationStep::Kind::kGoOn,
            .place = {.member = id,
                      .generation = generation + 1,
                      .parent = history.trial(member.trial).number},
            .from = member.trial};
  }
  step.rank = rank;
  step.of = of;
  return step;
}

// Goes on from one of the best trials of `generation`, which has some.
PopulationStep Members::Replace(const History& history, int64_t id, int64_t generation) const {
  const std::set<RankedTrial>& ranking = rankings_.at(generation);
  const int64_t best =
      std::clamp<int64_t>(GivenUp(static_cast<int64_t>(ranking.size())), 1, MostTakenFrom());
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), kWinnerPurpose);
  const auto chosen =
      std::next(ranking.begin(), static_cast<int64_t>(random.Below(static_cast<uint64_t>(best))));
  return {.kind = PopulationStep::Kind::kReplace,
          .place = {.member = id, .generation = generation + 1, .parent = chosen->number},
          .from = chosen->index};
}

// One more than there are, because all are busy: as far as the others, where they have gone on.
PopulationStep Members::NewMember(const History& history, int64_t id) const {
  const int64_t generation = LeastGeneration();
  if (generation == 0 || !rankings_.contains(generation - 1)) return {.place = {.member = id}};
  return Replace(history, id, generation - 1);
}

int64_t Members::GivenUp(int64_t results) const {
  const double wanted = std::floor(share_ * static_cast<double>(results) + 0.5);
  return std::min(static_cast<int64_t>(wanted), results / 2);
}

// However many members there come to be, so that what is needed can be told.
int64_t Members::MostTakenFrom() const { return std::max<int64_t>(1, GivenUp(size_)); }

int64_t Members::LeastGeneration() const {
  if (static_cast<int64_t>(members_.size()) < size_) return 0;
  int64_t least = members_.begin()->second.place.generation;
  for (const auto& [id, member] : members_) least = std::min(least, member.place.generation);
  return least;
}

// A member goes on from its own last trial, from that one's parent, or from one of the best of its
// generation or the one before.
bool Members::MayGoOnFrom(const History& history, int i) const {
  const std::optional<PopulationPlace> place = ParsePopulationPlace(history.trial(i).labels);
  if (!place.has_value()) return false;
  for (const auto& [id, member] : members_) {
    if (member.trial == i || member.place.parent == history.trial(i).number) return true;
  }
  const auto ranking = rankings_.find(place->generation);
  if (ranking == rankings_.end() || place->generation + 1 < LeastGeneration()) return false;
  int64_t rank = 0;
  for (const RankedTrial& trial : ranking->second) {
    if (++rank > MostTakenFrom()) return false;
    if (trial.index == i) return true;
  }
  return false;
}

}  // namespace qalam
