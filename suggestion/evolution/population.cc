#include "suggestion/evolution/population.h"

#include <algorithm>
#include <cstddef>

namespace qalam {
namespace {

// Results that the share of local steps looks back on.
constexpr size_t kShareMemory = 60;
// And those among which successes are looked for.
constexpr size_t kRatesMemory = 400;

}  // namespace

void EvolutionPopulation::Update(const History& history) {
  if (!Extends(history)) *this = EvolutionPopulation();
  for (; known_ < history.size(); ++known_) {
    index_by_number_.emplace(history.trial(known_).number, known_);
    outcomes_.emplace_back();
    is_replaced_.push_back(false);
    pending_.push_back(known_);
  }
  hash_ = history.PrefixHash(known_);
  // In order of number, so that parents, which are older than their children, come first.
  std::erase_if(pending_, [&](int index) {
    const Outcome outcome = OutcomeOf(history.trial(index), history.objective());
    if (outcome.kind == OutcomeKind::kPending) return false;
    if (outcome.kind != OutcomeKind::kNothing) Finish(history, index, outcome);
    return true;
  });
}

bool EvolutionPopulation::Extends(const History& history) const {
  if (history.size() < known_ || history.PrefixHash(known_) != hash_) return false;
  return last_finished_ < 0 || ResultHash(history.trial(last_finished_)) == last_result_;
}

void EvolutionPopulation::Finish(const History& history, int index, const Outcome& outcome) {
  ++finished_;
  outcomes_[index] = outcome;
  last_finished_ = index;
  const TrialRecord& trial = history.trial(index);
  last_result_ = ResultHash(trial);
  const std::optional<EvolutionLabels> labels = ParseEvolutionLabels(trial.labels);
  const auto earlier = [&](int64_t number) -> int {
    const auto found = index_by_number_.find(number);
    if (found == index_by_number_.end() || found->second >= index) return -1;
    return outcomes_[found->second].has_loss() ? found->second : -1;
  };
  const int parent = labels.has_value() ? earlier(labels->parent) : -1;
  if (parent < 0) {
    if (outcome.has_loss()) Enter(index);
    return;
  }
  const int reference = earlier(labels->reference);
  Child child{.number = trial.number, .labels = *labels};
  child.beats_parent = BetterOutcome(outcome, outcomes_[parent]);
  child.beats_reference = reference >= 0 && BetterOutcome(outcome, outcomes_[reference]);
  // Losses of different kinds, or for which constraints were paid, do not compare.
  if (child.beats_parent && outcome.kind == outcomes_[parent].kind &&
      outcome.violation == outcomes_[parent].violation) {
    child.gain = outcomes_[parent].loss - outcome.loss;
  }
  const auto place =
      std::upper_bound(children_.begin(), children_.end(), child.number,
                       [](int64_t number, const Child& other) { return number < other.number; });
  children_.insert(place, child);
  if (outcome.has_loss() && !BetterOutcome(outcomes_[parent], outcome)) Enter(index);
  if (!child.beats_parent || is_replaced_[parent]) return;
  is_replaced_[parent] = true;
  std::erase(alive_, parent);
  replaced_.insert(std::upper_bound(replaced_.begin(), replaced_.end(), parent), parent);
}

void EvolutionPopulation::Enter(int index) {
  if (is_replaced_[index]) return;
  const auto place = std::upper_bound(alive_.begin(), alive_.end(), index, [&](int a, int b) {
    return BetterOutcome(outcomes_[a], outcomes_[b]) ||
           (!BetterOutcome(outcomes_[b], outcomes_[a]) && a > b);
  });
  alive_.insert(place, index);
}

EvolutionPopulation::Rates EvolutionPopulation::SuccessfulRates() const {
  double weights = 0, f = 0, f_square = 0, cr = 0, cr_square = 0;
  int seen = 0;
  const size_t oldest = children_.size() > kRatesMemory ? children_.size() - kRatesMemory : 0;
  for (size_t i = children_.size(); i > oldest && seen < kMemory; --i) {
    const Child& child = children_[i - 1];
    if (!child.beats_parent || child.labels.op != EvolutionLabels::Operator::kDifferential)
      continue;
    ++seen;
    const double weight = child.gain > 0 ? child.gain : 0;
    weights += weight;
    f += weight * child.labels.f;
    f_square += weight * child.labels.f * child.labels.f;
    cr += weight * child.labels.cr;
    cr_square += weight * child.labels.cr * child.labels.cr;
  }
  Rates rates;
  if (seen < 4 || !(weights > 0) || !(weights < 1e300)) return rates;
  if (f > 0) rates.f = f_square / f;
  rates.cr = cr > 0 ? cr_square / cr : 0;
  return rates;
}

double EvolutionPopulation::LocalShare() const {
  // One success in five is what both are credited with at first.
  double tries[2] = {5, 5};
  double successes[2] = {1, 1};
  const size_t begin = children_.size() > kShareMemory ? children_.size() - kShareMemory : 0;
  for (size_t i = begin; i < children_.size(); ++i) {
    const int op = children_[i].labels.op == EvolutionLabels::Operator::kLocal ? 1 : 0;
    tries[op] += 1;
    successes[op] += children_[i].beats_reference ? 1 : 0;
  }
  const double differential = successes[0] / tries[0];
  const double local = successes[1] / tries[1];
  return local / (local + differential);
}

}  // namespace qalam
