#include "suggestion/schedule/trainings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "suggestion/outcome.h"

namespace qalam {
namespace {

constexpr int kMostFailures = 2;  // of a step; then the training ends

}  // namespace

void Trainings::Reset() {
  trainings_.clear();
  running_.clear();
  ready_.clear();
  done_.clear();
  broken_.clear();
}

std::optional<PopulationPlace> Trainings::PlaceOf(const History& history, int i) const {
  const std::optional<PopulationPlace> place = ParsePopulationPlace(history.trial(i).labels);
  if (!place.has_value() || place->generation >= options_.steps) return std::nullopt;
  return place;
}

void Trainings::Begin(const History& history, int i) {
  const std::optional<PopulationPlace> place = PlaceOf(history, i);
  if (!place.has_value()) return;
  Training& training = trainings_[place->member];
  if (training.place != *place) training.attempts.clear();
  training.place = *place;
  training.attempts.push_back(i);
  for (std::set<int64_t>* others : {&ready_, &done_, &broken_}) others->erase(place->member);
  running_.insert(place->member);
}

void Trainings::End(const History& history, int i) {
  const std::optional<PopulationPlace> place = PlaceOf(history, i);
  if (!place.has_value()) return;
  // Labels may have come after the trial began; then all is gone through once more.
  const auto found = trainings_.find(place->member);
  if (found == trainings_.end() || found->second.last() != i) return;
  const Training& training = found->second;
  running_.erase(place->member);
  const OutcomeKind outcome = OutcomeOf(history.trial(i), history.objective()).kind;
  if (outcome == OutcomeKind::kObserved) {
    const bool was_last = place->generation + 1 == options_.steps;
    (was_last ? done_ : ready_).insert(place->member);
    return;
  }
  if (outcome == OutcomeKind::kPartial) {
    done_.insert(place->member);
    return;
  }
  const auto failures = std::count_if(
      training.attempts.begin(), training.attempts.end(),
      [&](int attempt) { return history.trial(attempt).condition == TrialCondition::kFailed; });
  const bool failed = history.trial(i).condition == TrialCondition::kFailed;
  const bool again = outcome == OutcomeKind::kNothing || (failed && failures < kMostFailures);
  (again ? ready_ : broken_).insert(place->member);
}

std::optional<Trainings::Step> Trainings::Next(const History& history) const {
  if (!ready_.empty()) {
    const int64_t id = *ready_.begin();
    const Training& training = trainings_.at(id);
    const TrialRecord& last = history.trial(training.last());
    if (OutcomeOf(last, history.objective()).kind != OutcomeKind::kObserved) {
      return Step{.place = training.place, .again = last.number};
    }
    return Step{
        .place = {.member = id, .generation = training.place.generation + 1, .parent = last.number},
        .again = {}};
  }
  // Trainings are numbered from 0 without gaps, unless someone else wrote their labels.
  const int64_t next = trainings_.empty() ? 0 : trainings_.rbegin()->first + 1;
  const bool more = next < options_.repeats || (options_.never_waits && !running_.empty());
  if (!more) return std::nullopt;
  return Step{.place = {.member = next}, .again = {}};
}

absl::Status Trainings::CameToSomething(const History& history) const {
  if (!running_.empty() || !ready_.empty() || !done_.empty() || broken_.empty()) {
    return absl::OkStatus();
  }
  const Training& training = trainings_.at(*broken_.begin());
  const TrialRecord& trial = history.trial(training.last());
  return absl::FailedPreconditionError(absl::StrCat(
      "no training came to the last of the ", options_.steps, " steps: training ",
      *broken_.begin() + 1, " ended at step ", training.place.generation + 1, " with trial ",
      trial.number, ", which is ", TrialConditionName(trial.condition)));
}

// A training goes on from its last trial when that has a result; and while that runs, or may be run
// once more, from the one before.
bool Trainings::MayGoOnFrom(const History& history, int i) const {
  const std::optional<PopulationPlace> place = PlaceOf(history, i);
  const auto found = place.has_value() ? trainings_.find(place->member) : trainings_.end();
  if (found == trainings_.end()) return false;
  const Training& training = found->second;
  const bool ready = ready_.contains(place->member);
  const TrialRecord& last = history.trial(training.last());
  const bool followed =
      ready && OutcomeOf(last, history.objective()).kind == OutcomeKind::kObserved;
  if (training.last() == i) return followed;
  const bool last_needs_parent = running_.contains(place->member) || (ready && !followed);
  return last_needs_parent && training.place.parent == history.trial(i).number;
}

}  // namespace qalam
