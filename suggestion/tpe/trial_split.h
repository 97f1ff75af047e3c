#ifndef QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_
#define QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "core/history.h"
#include "suggestion/outcome.h"

namespace qalam {

// Which trials of a history are good and which are bad, kept up to date as it grows. A row is a
// trial's place in the history.
//
// Good are the first min(ceil(gamma n), max_good) of the n finished trials, ordered by: whole
// results by loss, then those of trials stopped early by loss; equals by age. Trials without result
// are bad, and so are those that have not ended: nothing good is to be expected where nothing is
// known yet ("constant liar"). Trials that were killed count as nothing.
class TrialSplit {
 public:
  enum class Side : uint8_t { kNone, kGood, kBad };

  struct GoodTrial {
    int row = 0;
    // In (0, 1]: the share of the good trials that are not better.
    double weight = 1;
    friend bool operator==(const GoodTrial&, const GoodTrial&) = default;
  };

  // 0 < gamma < 1; max_good > 0.
  TrialSplit(double gamma, int max_good) : gamma_(gamma), max_good_(max_good) {}

  // Brings the split up to `history`, whatever was seen before. Looks at new trials and at those
  // that had not ended; at all of them only when another result has changed.
  void Update(const History& history);

  int rows() const { return static_cast<int>(seen_.size()); }
  // How many trials ended and say something of their point.
  int finished() const { return finished_; }
  // Best first.
  const std::vector<GoodTrial>& good() const { return good_; }
  Side side(int row) const;
  // Rows whose side may have changed by the last Update; some may be listed twice.
  const std::vector<int>& moved() const { return moved_; }

 private:
  struct Seen {
    Outcome outcome = {OutcomeKind::kNothing};
    uint64_t hash = 0;
    bool good = false;
  };
  using Rank = std::tuple<bool, double, int>;  // stopped early, loss, row

  void Forget(int rows);
  void Learn(const History& history, int row);
  void Replace(int row, const Outcome& outcome, uint64_t hash);
  void ChooseGood();

  double gamma_;
  int max_good_;
  std::vector<Seen> seen_;
  std::vector<int> pending_;   // rows that had not ended
  uint64_t results_hash_ = 0;  // of what was seen
  std::set<Rank> ranking_;
  std::vector<GoodTrial> good_;
  std::vector<int> moved_;
  int finished_ = 0;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_
