#include "suggestion/fidelity/hyperband_schedule.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

constexpr char kBracket[] = "hyperband.bracket";
constexpr char kSize[] = "hyperband.s";
constexpr char kRung[] = "hyperband.rung";
// More brackets than an experiment can have.
constexpr int64_t kMaxBrackets = int64_t{1} << 40;

std::optional<int64_t> Number(const std::map<std::string, std::string>& labels, const char* name,
                              int64_t bound) {
  const auto found = labels.find(name);
  int64_t number = 0;
  if (found == labels.end() || !absl::SimpleAtoi(found->second, &number) || number < 0 ||
      number >= bound) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::map<std::string, std::string> FormatHyperbandPlace(const HyperbandPlace& place) {
  return {{kBracket, absl::StrCat(place.bracket)},
          {kSize, absl::StrCat(place.s)},
          {kRung, absl::StrCat(place.rung)}};
}

std::optional<HyperbandPlace> ParseHyperbandPlace(
    const std::map<std::string, std::string>& labels) {
  constexpr int64_t kMaxRungs = 1000;
  const std::optional<int64_t> bracket = Number(labels, kBracket, kMaxBrackets);
  const std::optional<int64_t> s = Number(labels, kSize, kMaxRungs);
  const std::optional<int64_t> rung = Number(labels, kRung, kMaxRungs);
  if (!bracket || !s || !rung) return std::nullopt;
  return HyperbandPlace{*bracket, static_cast<int>(*s), static_cast<int>(*rung)};
}

void HyperbandSchedule::Reset() {
  brackets_.clear();
  open_.clear();
}

// Where a trial stands in the plan; nothing for trials of others.
std::optional<HyperbandPlace> HyperbandSchedule::PlaceOf(const History& history, int i) const {
  const std::map<std::string, std::string>& labels = history.trial(i).labels;
  const std::optional<HyperbandPlace> place = ParseHyperbandPlace(labels);
  if (!place || place->s >= static_cast<int>(options_.plan.size())) return std::nullopt;
  if (place->rung >= static_cast<int>(options_.plan[place->s].size())) return std::nullopt;
  if (place->rung > 0 && !ResumedTrial(labels).has_value()) return std::nullopt;
  const auto known = brackets_.find(place->bracket);
  if (known != brackets_.end() && known->second.s != place->s) return std::nullopt;
  return place;
}

void HyperbandSchedule::Begin(const History& history, int i) {
  const std::optional<HyperbandPlace> place = PlaceOf(history, i);
  if (!place.has_value()) return;
  Bracket& bracket = brackets_[place->bracket];
  if (bracket.rungs.empty()) {
    bracket.s = place->s;
    bracket.rungs.resize(options_.plan[place->s].size());
    open_.insert(place->bracket);
  }
  Rung& rung = bracket.rungs[place->rung];
  ++rung.begun;
  if (place->rung > 0) rung.parents.insert(*ResumedTrial(history.trial(i).labels));
}

void HyperbandSchedule::End(const History& history, int i) {
  const std::optional<HyperbandPlace> place = PlaceOf(history, i);
  if (!place.has_value()) return;
  Rung& rung = brackets_[place->bracket].rungs[place->rung];
  ++rung.ended;
  const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
  if (outcome.kind == OutcomeKind::kObserved) rung.ranking.insert(Ranked(history, i, outcome));
}

RungStep HyperbandSchedule::Next(const History& history, Supply supply) {
  if (auto step = FromOpenBrackets(supply)) return *std::move(step);
  if (auto step = NewBracket(history, supply, /*beyond=*/false)) return *std::move(step);
  if (options_.never_waits) {
    if (auto step = Early()) return *std::move(step);
    if (auto step = NewBracket(history, supply, /*beyond=*/true)) return *std::move(step);
  }
  return {};
}

std::optional<RungStep> HyperbandSchedule::FromOpenBrackets(Supply supply) {
  for (auto id = open_.begin(); id != open_.end();) {
    bool done = false;
    std::optional<RungStep> step = FromBracket(*id, supply, &done);
    if (step.has_value()) return step;
    id = done ? open_.erase(id) : std::next(id);
  }
  return std::nullopt;
}

std::optional<RungStep> HyperbandSchedule::FromBracket(int64_t id, Supply supply,
                                                       bool* done) const {
  const Bracket& bracket = brackets_.at(id);
  const PlannedBracket& plan = options_.plan[bracket.s];
  const Rung& lowest = bracket.rungs[0];
  HyperbandPlace place{.bracket = id, .s = bracket.s};
  if (lowest.begun < plan[0].count && supply != Supply::kNone) {
    return Configuration(place, lowest.begun);
  }
  for (size_t r = 1; r < plan.size(); ++r) {
    const Rung& below = bracket.rungs[r - 1];
    if (below.ended < below.begun) return std::nullopt;
    const int64_t survivors = std::min(plan[r].count, static_cast<int64_t>(below.ranking.size()));
    place.rung = static_cast<int>(r);
    int64_t rank = 0;
    if (bracket.rungs[r].begun < survivors) {
      if (const auto parent = BestLeft(bracket, place.rung, survivors, &rank)) {
        return Promotion(place, *parent, rank, below.ended);
      }
    }
  }
  // What still runs in the last rung leads to nothing more.
  *done = lowest.begun >= plan[0].count;
  return std::nullopt;
}

// The best trial of the rung below that is among the survivors and has not gone on.
std::optional<RankedTrial> HyperbandSchedule::BestLeft(const Bracket& bracket, int rung,
                                                       int64_t survivors, int64_t* rank) const {
  const Rung& below = bracket.rungs[rung - 1];
  *rank = 0;
  for (const RankedTrial& trial : below.ranking) {
    if (++*rank > survivors) break;
    if (!bracket.rungs[rung].parents.contains(trial.number)) return trial;
  }
  return std::nullopt;
}

bool HyperbandSchedule::MayPromote(const History& history, int i) const {
  const std::optional<HyperbandPlace> place = PlaceOf(history, i);
  if (!place.has_value()) return false;
  const PlannedBracket& plan = options_.plan[place->s];
  const size_t above = static_cast<size_t>(place->rung) + 1;
  if (above >= plan.size()) return false;
  const Bracket& bracket = brackets_.at(place->bracket);
  const Rung& rung = bracket.rungs[place->rung];
  const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
  const auto found = outcome.kind == OutcomeKind::kObserved
                         ? rung.ranking.find(Ranked(history, i, outcome))
                         : rung.ranking.end();
  if (found == rung.ranking.end()) return false;
  if (bracket.rungs[above].parents.contains(history.trial(i).number)) return false;
  if (!IsComplete(bracket, place->rung)) return true;
  return std::distance(rung.ranking.begin(), found) < plan[above].count;
}

// True when nothing will be added to the rung any more, and all of it has ended.
bool HyperbandSchedule::IsComplete(const Bracket& bracket, int rung) const {
  const PlannedBracket& plan = options_.plan[bracket.s];
  int64_t planned = plan[0].count;
  for (int r = 0; r <= rung; ++r) {
    const Rung& below = bracket.rungs[r];
    if (below.begun < planned || below.ended < below.begun) return false;
    if (r < rung) planned = std::min(plan[r + 1].count, static_cast<int64_t>(below.ranking.size()));
  }
  return true;
}

// A trial that would perhaps not be among the survivors if the rest of its rung were awaited.
std::optional<RungStep> HyperbandSchedule::Early() const {
  for (const int64_t id : open_) {
    const Bracket& bracket = brackets_.at(id);
    const PlannedBracket& plan = options_.plan[bracket.s];
    for (size_t r = plan.size() - 1; r > 0; --r) {
      if (bracket.rungs[r].begun >= plan[r].count) continue;
      int64_t rank = 0;
      const HyperbandPlace place{.bracket = id, .s = bracket.s, .rung = static_cast<int>(r)};
      const Rung& below = bracket.rungs[r - 1];
      if (const auto parent = BestLeft(bracket, place.rung, below.begun, &rank)) {
        return Promotion(place, *parent, rank, below.ended);
      }
    }
  }
  return std::nullopt;
}

// How many trials the brackets that have begun will still need.
int64_t HyperbandSchedule::Owed() const {
  int64_t owed = 0;
  for (const int64_t id : open_) {
    const Bracket& bracket = brackets_.at(id);
    const PlannedBracket& plan = options_.plan[bracket.s];
    int64_t possible = plan[0].count;
    for (size_t r = 0; r < plan.size(); ++r) {
      const Rung& rung = bracket.rungs[r];
      const int64_t wanted = std::min(plan[r].count, possible);
      owed += std::max<int64_t>(0, wanted - rung.begun);
      possible =
          std::max(rung.begun, wanted) - rung.ended + static_cast<int64_t>(rung.ranking.size());
    }
  }
  return owed;
}

int64_t HyperbandSchedule::Total(int s) const {
  int64_t total = 0;
  for (const PlannedRung& rung : options_.plan[s]) total += rung.count;
  return total;
}

// The first trial of the next bracket. `beyond`: even if the plan has come to its end, or trials
// are taken from it that others need.
std::optional<RungStep> HyperbandSchedule::NewBracket(const History& history, Supply supply,
                                                      bool beyond) const {
  if (supply == Supply::kNone) return std::nullopt;
  const int64_t id = brackets_.empty() ? 0 : brackets_.rbegin()->first + 1;
  const int64_t size = static_cast<int64_t>(options_.plan.size());
  if (!beyond && options_.passes.has_value() && id / size >= *options_.passes) return std::nullopt;
  HyperbandPlace place{.bracket = id, .s = static_cast<int>(size - 1 - id % size)};
  // Whoever asks for more than that has raised the limit: then it tells nothing any more.
  if (options_.max_trial_count.has_value() && history.next_number() < *options_.max_trial_count) {
    const int64_t left = *options_.max_trial_count - history.next_number() - Owed();
    if (left <= 0 && !beyond) return std::nullopt;
    while (id >= size && place.s > 0 && Total(place.s) > left) --place.s;
  }
  return Configuration(place, 0);
}

RungStep HyperbandSchedule::Configuration(const HyperbandPlace& place, int64_t begun) const {
  const PlannedRung& rung = options_.plan[place.s][0];
  return {.kind = RungStep::Kind::kConfiguration,
          .amount = rung.amount,
          .labels = FormatHyperbandPlace(place),
          .explanation =
              absl::StrCat(Describe(place), ", configuration ", begun + 1, " of ", rung.count)};
}

RungStep HyperbandSchedule::Promotion(const HyperbandPlace& place, const RankedTrial& parent,
                                      int64_t rank, int64_t of) const {
  RungStep step{.kind = RungStep::Kind::kPromotion,
                .amount = options_.plan[place.s][place.rung].amount,
                .parent = parent.index,
                .labels = FormatHyperbandPlace(place)};
  step.labels[kResumeFromLabel] = absl::StrCat(parent.number);
  step.explanation = absl::StrCat(Describe(place), ", promoted from trial ", parent.number,
                                  " (rank ", rank, " of ", of, ")");
  return step;
}

// "bracket 2, rung 1 of 3 (epochs 9)", of later passes "pass 2, bracket ...". Brackets are named by
// their s, as in the paper, rungs are counted from 1.
std::string HyperbandSchedule::Describe(const HyperbandPlace& place) const {
  const PlannedBracket& plan = options_.plan[place.s];
  const int64_t pass = 1 + place.bracket / static_cast<int64_t>(options_.plan.size());
  return absl::StrCat(pass > 1 ? absl::StrCat("pass ", pass, ", ") : "", "bracket ", place.s,
                      ", rung ", place.rung + 1, " of ", plan.size(), " (", options_.resource, " ",
                      FormatNumber(plan[place.rung].amount), ")");
}

}  // namespace qalam
