#include "suggestion/gp/trial_table.h"

#include <bit>
#include <limits>

#include "core/random_stream.h"
#include "math/pareto.h"

namespace qalam::gp {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

bool Better(const Outcome& a, const Outcome& b) {
  return a.violation != b.violation ? a.violation < b.violation : a.loss < b.loss;
}

void TrialTable::Update(const History& history) {
  const int known = static_cast<int>(numbers_.size());
  if (known > history.size() || history.PrefixHash(known) != known_prefix_) {
    points_.clear();
    numbers_.clear();
  }
  const size_t axes = static_cast<size_t>(encoding_.size());
  for (int i = static_cast<int>(numbers_.size()); i < history.size(); ++i) {
    points_.resize(points_.size() + axes);
    encoding_.Encode(history.trial(i).assignment, history.unit(i),
                     absl::MakeSpan(points_).subspan(points_.size() - axes));
    numbers_.push_back(history.trial(i).number);
  }
  known_prefix_ = history.PrefixHash(history.size());

  outcomes_.clear();
  values_.clear();
  with_loss_.clear();
  failed_.clear();
  pending_.clear();
  best_ = -1;
  for (int i = 0; i < history.size(); ++i) {
    outcomes_.push_back(OutcomeOf(history.trial(i), objective_));
    AddValues(history.trial(i), outcomes_.back());
    AddToKind();
  }
}

TrialTable TrialTable::Where(
    const std::function<bool(absl::Span<const double> point)>& wanted) const {
  TrialTable chosen(encoding_, objective_);
  const auto width = static_cast<std::ptrdiff_t>(targets());
  for (int i = 0; i < size(); ++i) {
    if (!wanted(point(i))) continue;
    chosen.points_.insert(chosen.points_.end(), point(i).begin(), point(i).end());
    chosen.numbers_.push_back(numbers_[i]);
    chosen.outcomes_.push_back(outcomes_[i]);
    const auto from = values_.begin() + i * width;
    chosen.values_.insert(chosen.values_.end(), from, from + width);
    chosen.AddToKind();
  }
  return chosen;
}

void TrialTable::AddToKind() {
  const int i = size() - 1;
  const Outcome& outcome = outcomes_.back();
  if (outcome.kind == OutcomeKind::kPending) pending_.push_back(i);
  if (outcome.kind == OutcomeKind::kFailed) failed_.push_back(i);
  if (!outcome.has_loss()) return;
  with_loss_.push_back(i);
  if (best_ < 0 || Better(outcome, outcomes_[best_])) best_ = i;
}

void TrialTable::AddValues(const TrialRecord& trial, const Outcome& outcome) {
  const size_t from = values_.size();
  values_.resize(from + static_cast<size_t>(targets()), kUnknown);
  if (!outcome.has_loss()) return;
  values_[from] = outcome.loss;
  for (size_t k = 0; k < outcome.further_losses.size(); ++k) {
    values_[from + 1 + k] = outcome.further_losses[k];
  }
  if (trial.violations.size() != objective_.constraints.size()) return;
  for (size_t k = 0; k < trial.violations.size(); ++k) {
    values_[from + static_cast<size_t>(losses()) + k] = trial.violations[k];
  }
}

std::vector<int> TrialTable::Front() const {
  if (best_ < 0) return {};
  if (losses() == 1) return {best_};
  std::vector<int> least;
  std::vector<double> rows;
  for (const int i : with_loss_) {
    if (outcomes_[i].violation > outcomes_[best_].violation) continue;
    least.push_back(i);
    for (int m = 0; m < losses(); ++m) rows.push_back(value(m, i));
  }
  std::vector<int> front;
  for (const int k : ParetoFront({rows, losses()})) front.push_back(least[k]);
  return front;
}

uint64_t TrialTable::HashOfValues(int target, int count) const {
  uint64_t hash = StableMix(StableHash("losses"), static_cast<uint64_t>(target));
  for (int k = 0; k < count; ++k) {
    const int i = with_loss_[k];
    hash = StableMix(hash, static_cast<uint64_t>(numbers_[i]));
    hash = StableMix(hash, static_cast<uint64_t>(outcomes_[i].kind));
    hash = StableMix(hash, std::bit_cast<uint64_t>(value(target, i)));
    for (const double x : point(i)) hash = StableMix(hash, std::bit_cast<uint64_t>(x));
  }
  return hash;
}

}  // namespace qalam::gp
