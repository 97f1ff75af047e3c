#ifndef QALAM_SUGGESTION_GP_TRIAL_TABLE_H_
#define QALAM_SUGGESTION_GP_TRIAL_TABLE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/history.h"
#include "core/objective.h"
#include "suggestion/gp/encoding.h"
#include "suggestion/outcome.h"

namespace qalam::gp {

// True when `a` violates the constraints less than `b`, or as much and has less loss.
bool Better(const Outcome& a, const Outcome& b);

// The trials of a history as points and outcomes, in order of number. Points are encoded once and
// kept as long as the history extends the one they came from.
//
// Each quantity that is modelled is a target: first the losses, then the violations of the outcome
// constraints.
class TrialTable {
 public:
  TrialTable(std::shared_ptr<const SearchSpace> space, Objective objective)
      : encoding_(std::move(space)), objective_(std::move(objective)) {}

  void Update(const History& history);
  // The trials whose points are wanted. Their indices begin at 0; Update may not be called on it.
  TrialTable Where(const std::function<bool(absl::Span<const double> point)>& wanted) const;

  const Encoding& encoding() const { return encoding_; }
  int size() const { return static_cast<int>(outcomes_.size()); }
  absl::Span<const double> point(int i) const {
    return absl::MakeConstSpan(points_).subspan(static_cast<size_t>(i) * encoding_.size(),
                                                encoding_.size());
  }
  const Outcome& outcome(int i) const { return outcomes_[i]; }
  int64_t number(int i) const { return numbers_[i]; }
  int losses() const { return objective_.count(); }
  int targets() const { return losses() + static_cast<int>(objective_.constraints.size()); }
  bool is_constraint(int target) const { return target >= losses(); }
  // The value of a target in a trial with a loss; NaN where it is not known.
  double value(int target, int i) const {
    return values_[static_cast<size_t>(i) * static_cast<size_t>(targets()) +
                   static_cast<size_t>(target)];
  }
  // The trials of each kind, in order of number: with a loss (observed or partial), failed,
  // pending.
  const std::vector<int>& with_loss() const { return with_loss_; }
  const std::vector<int>& failed() const { return failed_; }
  const std::vector<int>& pending() const { return pending_; }
  // The trial that violates constraints least and of those has the least (first) loss (the first of
  // several); -1 without any.
  int best() const { return best_; }
  // Several losses: the trials that no other dominates, of those that violate constraints least;
  // else the best one. Empty without any.
  std::vector<int> Front() const;
  // A hash of the points, numbers, kinds and values of a target of the first `count` trials with a
  // loss.
  uint64_t HashOfValues(int target, int count) const;

 private:
  TrialTable(Encoding encoding, Objective objective)
      : encoding_(std::move(encoding)), objective_(std::move(objective)) {}

  void AddValues(const TrialRecord& trial, const Outcome& outcome);
  // Files the latest trial, of which everything is known, among those of its kind.
  void AddToKind();

  Encoding encoding_;
  Objective objective_;
  uint64_t known_prefix_ = 0;  // History::PrefixHash of what points_ holds
  std::vector<double> points_;
  std::vector<int64_t> numbers_;
  std::vector<Outcome> outcomes_;
  std::vector<double> values_;  // targets() for each trial
  std::vector<int> with_loss_;
  std::vector<int> failed_;
  std::vector<int> pending_;
  int best_ = -1;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_TRIAL_TABLE_H_
