#include "core/history.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/random_stream.h"

namespace qalam {
namespace {

bool HasNan(const Assignment& assignment) {
  return std::any_of(assignment.begin(), assignment.end(),
                     [](double value) { return std::isnan(value); });
}

uint64_t HashTrial(uint64_t hash, const TrialRecord& record) {
  hash = StableMix(hash, static_cast<uint64_t>(record.number));
  for (const double value : record.assignment) {
    hash = StableMix(hash, std::bit_cast<uint64_t>(value));
  }
  return hash;
}

}  // namespace

uint64_t ResultHash(const TrialRecord& trial) {
  uint64_t hash =
      StableMix(static_cast<uint64_t>(trial.number), static_cast<uint64_t>(trial.condition));
  // Some number stands for none; what matters is that it is an unlikely one.
  constexpr uint64_t kNone = 0x9e3779b97f4a7c15;
  hash = StableMix(hash,
                   trial.objective.has_value() ? std::bit_cast<uint64_t>(*trial.objective) : kNone);
  for (const std::vector<double>* values : {&trial.further_objectives, &trial.violations}) {
    for (const double value : *values) hash = StableMix(hash, std::bit_cast<uint64_t>(value));
  }
  return hash;
}

History::History(std::shared_ptr<const SearchSpace> space, Objective objective)
    : space_(std::move(space)), objective_(std::move(objective)) {}

bool History::Put(TrialRecord record) {
  if (static_cast<int>(record.assignment.size()) != space_->size()) return false;
  const auto known = index_by_number_.find(record.number);
  if (known != index_by_number_.end()) {
    TrialRecord& trial = trials_[known->second];
    results_hash_ -= ResultHash(trial);
    active_ += (IsFinal(record.condition) ? 0 : 1) - (IsFinal(trial.condition) ? 0 : 1);
    trial.condition = record.condition;
    trial.labels = std::move(record.labels);
    trial.objective = record.objective;
    trial.further_objectives = std::move(record.further_objectives);
    trial.violations = std::move(record.violations);
    results_hash_ += ResultHash(trial);
    NoteResult(known->second);
    return true;
  }
  if (!trials_.empty() && record.number < trials_.back().number) return false;
  if (record.number < 0) return false;

  const size_t dimensions = static_cast<size_t>(space_->size());
  const size_t offset = units_.size();
  units_.resize(offset + dimensions);
  space_->ToUnit(record.assignment, absl::MakeSpan(units_).subspan(offset, dimensions));
  index_by_number_.emplace(record.number, size());
  // NaN, which is no value of ours and equal to nothing, must not be a key.
  if (!HasNan(record.assignment) &&
      firsts_.try_emplace(record.assignment, Firsts{.trial = size()}).second &&
      space_->IsPoint(record.assignment)) {
    ++distinct_points_;
  }
  prefix_hashes_.push_back(HashTrial(PrefixHash(size()), record));
  results_hash_ += ResultHash(record);
  if (!IsFinal(record.condition)) ++active_;
  trials_.push_back(std::move(record));
  NoteResult(size() - 1);
  return true;
}

void History::NoteResult(int index) {
  const TrialRecord& trial = trials_[static_cast<size_t>(index)];
  const bool has_result = trial.condition == TrialCondition::kSucceeded &&
                          trial.objective.has_value() && std::isfinite(*trial.objective);
  if (!has_result || HasNan(trial.assignment)) return;
  int& first = firsts_[trial.assignment].result;
  if (first < 0 || index < first) first = index;
}

absl::Span<const double> History::unit(int i) const {
  const size_t dimensions = static_cast<size_t>(space_->size());
  return absl::MakeConstSpan(units_).subspan(static_cast<size_t>(i) * dimensions, dimensions);
}

uint64_t History::PrefixHash(int count) const {
  return count == 0 ? 0 : prefix_hashes_[static_cast<size_t>(count) - 1];
}

bool History::ContainsAssignment(const Assignment& assignment) const {
  return firsts_.contains(assignment);
}

std::optional<int> History::FirstWith(const Assignment& assignment) const {
  const auto found = firsts_.find(assignment);
  if (found == firsts_.end()) return std::nullopt;
  return found->second.trial;
}

std::optional<int> History::FirstResultOf(const Assignment& assignment) const {
  const auto found = firsts_.find(assignment);
  if (found == firsts_.end() || found->second.result < 0) return std::nullopt;
  return found->second.result;
}

}  // namespace qalam
