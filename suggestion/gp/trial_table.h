#ifndef QALAM_SUGGESTION_GP_TRIAL_TABLE_H_
#define QALAM_SUGGESTION_GP_TRIAL_TABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "core/history.h"
#include "suggestion/gp/encoding.h"
#include "suggestion/outcome.h"

namespace qalam::gp {

// The trials of a history as points and outcomes, in order of number. Points are encoded once and
// kept as long as the history extends the one they came from.
class TrialTable {
 public:
  explicit TrialTable(std::shared_ptr<const SearchSpace> space) : encoding_(std::move(space)) {}

  void Update(const History& history);

  const Encoding& encoding() const { return encoding_; }
  int size() const { return static_cast<int>(outcomes_.size()); }
  absl::Span<const double> point(int i) const {
    return absl::MakeConstSpan(points_).subspan(static_cast<size_t>(i) * encoding_.size(),
                                                encoding_.size());
  }
  const Outcome& outcome(int i) const { return outcomes_[i]; }
  int64_t number(int i) const { return numbers_[i]; }
  // The trials of each kind, in order of number: with a loss (observed or partial), failed,
  // pending.
  const std::vector<int>& with_loss() const { return with_loss_; }
  const std::vector<int>& failed() const { return failed_; }
  const std::vector<int>& pending() const { return pending_; }
  // The trial with the least loss (the first of several); -1 without any.
  int best() const { return best_; }
  // A hash of the points, numbers and outcomes of the first `count` trials with a loss.
  uint64_t HashOfLosses(int count) const;

 private:
  Encoding encoding_;
  uint64_t known_prefix_ = 0;  // History::PrefixHash of what points_ holds
  std::vector<double> points_;
  std::vector<int64_t> numbers_;
  std::vector<Outcome> outcomes_;
  std::vector<int> with_loss_;
  std::vector<int> failed_;
  std::vector<int> pending_;
  int best_ = -1;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_TRIAL_TABLE_H_
