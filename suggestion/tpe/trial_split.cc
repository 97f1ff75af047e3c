#include "suggestion/tpe/trial_split.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "math/hypervolume.h"
#include "suggestion/multi_objective/outcome_fronts.h"

namespace qalam {
namespace {

bool IsFinished(const Outcome& outcome) {
  return outcome.kind != OutcomeKind::kPending && outcome.kind != OutcomeKind::kNothing;
}

// Where hypervolume ends, in ranges of each loss above the best: as far beyond the worst as lets
// the ends of a front count.
constexpr double kReference = 1.1;

using Rank = std::tuple<int, double, double, int>;

Rank RankOf(const Outcome& outcome, int row) {
  const int kind = outcome.feasible() ? (outcome.kind == OutcomeKind::kPartial ? 1 : 0) : 2;
  return {kind, outcome.violation, outcome.loss, row};
}

bool EqualButForAge(const Rank& a, const Rank& b) {
  return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b) &&
         std::get<2>(a) == std::get<2>(b);
}

// Rows of `width` losses, so that each loss reaches from 0 to 1.
void ScaleToUnit(int width, std::vector<double>& losses) {
  const size_t step = static_cast<size_t>(width);
  for (size_t k = 0; k < step; ++k) {
    double least = losses[k], most = losses[k];
    for (size_t i = k; i < losses.size(); i += step) {
      least = std::min(least, losses[i]);
      most = std::max(most, losses[i]);
    }
    // Halves, because the range of finite numbers need not be finite.
    const double range = most / 2 - least / 2;
    for (size_t i = k; i < losses.size(); i += step) {
      losses[i] = range > 0 ? (losses[i] / 2 - least / 2) / range : 0;
    }
  }
}

}  // namespace

void TrialSplit::Update(const History& history) {
  moved_.clear();
  if (objectives_ != history.objective().count()) {
    *this = TrialSplit(gamma_, max_good_);
    objectives_ = history.objective().count();
  }
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
  if (BelongsToFront(seen.outcome)) {
    fronts_.reset();
  } else if (seen.outcome.has_loss()) {
    ranking_.erase(RankOf(seen.outcome, row));
  }
  finished_ += (IsFinished(outcome) ? 1 : 0) - (IsFinished(seen.outcome) ? 1 : 0);
  results_hash_ += hash - seen.hash;
  seen.outcome = outcome;
  seen.hash = hash;
  moved_.push_back(row);
  if (BelongsToFront(outcome)) {
    if (fronts_.has_value()) InsertInFronts(row);
  } else if (outcome.has_loss()) {
    ranking_.insert(RankOf(outcome, row));
  }
}

bool TrialSplit::BelongsToFront(const Outcome& outcome) const {
  return objectives_ > 1 && outcome.kind == OutcomeKind::kObserved && outcome.feasible();
}

void TrialSplit::InsertInFronts(int row) {
  std::vector<double> losses;
  AppendLosses(seen_[static_cast<size_t>(row)].outcome, losses);
  fronts_->Insert(losses);
  front_rows_.push_back(row);
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
  size_t wanted =
      std::min(static_cast<size_t>(std::max(share, 0.0)), static_cast<size_t>(max_good_));
  if (objectives_ > 1 && !fronts_.has_value()) RebuildFronts();
  wanted = std::min(wanted, ranking_.size() + front_rows_.size());
  const size_t first = ChooseFromFronts(wanted);
  auto rank = ranking_.begin();
  size_t better = first;
  for (size_t i = first; i < wanted; ++i, ++rank) {
    const bool equal = i > first && EqualButForAge(*rank, *std::prev(rank));
    if (!equal) better = i;
    AddGood(std::get<3>(*rank), better, wanted);
  }
}

void TrialSplit::RebuildFronts() {
  fronts_.emplace(objectives_);
  front_rows_.clear();
  cut_ = Cut();
  for (int row = 0; row < rows(); ++row) {
    if (BelongsToFront(seen_[static_cast<size_t>(row)].outcome)) InsertInFronts(row);
  }
}

// Returns how many of `wanted` good trials they gave.
size_t TrialSplit::ChooseFromFronts(size_t wanted) {
  if (!fronts_.has_value()) return 0;
  for (int i = 0; i < fronts_->fronts() && good_.size() < wanted; ++i) {
    const size_t better = good_.size();
    std::vector<Member> front = SortedFront(i);
    if (front.size() > wanted - better) {
      CutFront(std::move(front), wanted - better);
      for (const int row : cut_.chosen) AddGood(row, better, wanted);
    } else {
      for (const auto& [row, k] : front) AddGood(row, better, wanted);
    }
  }
  return good_.size();
}

std::vector<TrialSplit::Member> TrialSplit::SortedFront(int i) const {
  std::vector<Member> front;
  for (const int k : fronts_->front(i)) {
    front.emplace_back(front_rows_[static_cast<size_t>(k)], k);
  }
  std::sort(front.begin(), front.end());
  return front;
}

void TrialSplit::AddGood(int row, size_t better, size_t wanted) {
  good_.push_back({row, 1 - static_cast<double>(better) / static_cast<double>(wanted)});
  seen_[static_cast<size_t>(row)].good = true;
  moved_.push_back(row);
}

// Most new trials leave the front as it was.
void TrialSplit::CutFront(std::vector<Member> front, size_t count) {
  if (cut_.front == front && cut_.chosen.size() == count) return;
  std::vector<double> losses;
  for (const auto& [row, k] : front) {
    const absl::Span<const double> values = fronts_->rows().row(k);
    losses.insert(losses.end(), values.begin(), values.end());
  }
  ScaleToUnit(objectives_, losses);
  const std::vector<double> reference(static_cast<size_t>(objectives_), kReference);
  cut_ = Cut();
  for (const int i : HypervolumeSubset({losses, objectives_}, reference, static_cast<int>(count))) {
    cut_.chosen.push_back(front[static_cast<size_t>(i)].first);
  }
  std::sort(cut_.chosen.begin(), cut_.chosen.end());
  cut_.front = std::move(front);
}

TrialSplit::Side TrialSplit::side(int row) const {
  const Seen& seen = seen_[static_cast<size_t>(row)];
  if (seen.good) return Side::kGood;
  return seen.outcome.kind == OutcomeKind::kNothing ? Side::kNone : Side::kBad;
}

}  // namespace qalam
