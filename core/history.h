#ifndef QALAM_CORE_HISTORY_H_
#define QALAM_CORE_HISTORY_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/objective.h"
#include "core/search_space.h"
#include "core/trial.h"

namespace qalam {

// The trials of an experiment as algorithms see them, in order of number, with each point encoded
// once. Grows by appending; a trial's condition and result may change, its point never does.
class History {
 public:
  // `space` and `objective` are shared with whoever else reads them and never change.
  History(std::shared_ptr<const SearchSpace> space, Objective objective);

  const SearchSpace& space() const { return *space_; }
  const std::shared_ptr<const SearchSpace>& shared_space() const { return space_; }
  const Objective& objective() const { return objective_; }

  // Adds a trial, or updates the condition, result and labels of the one with its number. Numbers
  // of new trials must be greater than every number seen before (a violation is ignored and returns
  // false, as is an assignment of the wrong length).
  bool Put(TrialRecord record);

  int size() const { return static_cast<int>(trials_.size()); }
  const TrialRecord& trial(int i) const { return trials_[i]; }
  // The i-th trial's point in the unit cube: space().size() numbers. Values of foreign trials that
  // lie outside the bounds are clamped to [0, 1].
  absl::Span<const double> unit(int i) const;
  // The number that the next new trial will get: one more than the largest so far, or 0; and at
  // least what SkipNumbers was given.
  int64_t next_number() const {
    return std::max(skipped_, trials_.empty() ? 0 : trials_.back().number + 1);
  }
  // Numbers below `next` were given to trials that are not known (any more); no new one gets them.
  void SkipNumbers(int64_t next) { skipped_ = std::max(skipped_, next); }
  // How many trials are not final yet.
  int active() const { return active_; }
  // True when some trial, whatever its condition, has exactly this assignment. Constant time.
  bool ContainsAssignment(const Assignment& assignment) const;
  // The index of the first trial with this assignment, and of the first of them that succeeded with
  // a finite objective; nothing where there is none. Constant time.
  std::optional<int> FirstWith(const Assignment& assignment) const;
  std::optional<int> FirstResultOf(const Assignment& assignment) const;
  // How many different points of the space (SearchSpace::IsPoint) the trials have, whatever their
  // condition. A finite space is used up when this reaches its
  // cardinality.
  int64_t distinct_points() const { return distinct_points_; }
  // A hash of the numbers and assignments of the first `count` trials, 0 <= count <= size().
  // Whoever caches what it computed from them sees by it that a history extends the one it knew.
  uint64_t PrefixHash(int count) const;
  // The sum of ResultHash over all trials: constant time, whatever order results came in. Whoever
  // caches what it learned from results sees by it whether any has changed.
  uint64_t ResultsHash() const { return results_hash_; }

 private:
  std::shared_ptr<const SearchSpace> space_;
  Objective objective_;
  std::vector<TrialRecord> trials_;
  std::vector<double> units_;  // size() rows of space().size() columns
  absl::flat_hash_map<int64_t, int> index_by_number_;
  // Indices of the first trial with an assignment and of the first with a result, -1 for none.
  struct Firsts {
    int trial = -1;
    int result = -1;
  };
  void NoteResult(int index);
  absl::flat_hash_map<Assignment, Firsts> firsts_;
  int64_t distinct_points_ = 0;
  std::vector<uint64_t> prefix_hashes_;  // of the first 1, 2, ... size() trials
  uint64_t results_hash_ = 0;
  int active_ = 0;
  int64_t skipped_ = 0;
};

// A hash of a trial's number, condition, objectives and violations.
uint64_t ResultHash(const TrialRecord& trial);

}  // namespace qalam

#endif  // QALAM_CORE_HISTORY_H_
