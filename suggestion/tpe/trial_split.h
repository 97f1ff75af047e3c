#ifndef QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_
#define QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "core/history.h"
#include "math/front_levels.h"
#include "suggestion/outcome.h"

namespace qalam {

// Which trials of a history are good and which are bad, kept up to date as it grows. A row is a
// trial's place in the history.
//
// Good are the first min(ceil(gamma n), max_good) of the n finished trials, ordered by: whole
// results by loss, then those of trials stopped early by loss, then those that violate outcome
// constraints by how much; equals by age. Where several metrics are optimised, whole results come
// front by front, and of the front that does not fit those that together have the largest
// hypervolume (Ozaki, Tanigaki, Watanabe and Onishi, GECCO 2020). Trials without result are bad,
// and so are those that have not ended: nothing good is to be expected where nothing is known yet
// ("constant liar"). Trials that were killed count as nothing.
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
  // Whole, stopped early or violating; violation; loss; row.
  using Rank = std::tuple<int, double, double, int>;
  // A row and its index in fronts_. Fronts are gone through by row, however results came in.
  using Member = std::pair<int, int>;
  // Which rows of a front were chosen.
  struct Cut {
    std::vector<Member> front;
    std::vector<int> chosen;
  };

  void Forget(int rows);
  void Learn(const History& history, int row);
  void Replace(int row, const Outcome& outcome, uint64_t hash);
  bool BelongsToFront(const Outcome& outcome) const;
  void InsertInFronts(int row);
  void RebuildFronts();
  void ChooseGood();
  size_t ChooseFromFronts(size_t wanted);
  void AddGood(int row, size_t better, size_t wanted);
  std::vector<Member> SortedFront(int i) const;
  void CutFront(std::vector<Member> front, size_t count);

  double gamma_;
  int max_good_;
  std::vector<Seen> seen_;
  std::vector<int> pending_;   // rows that had not ended
  uint64_t results_hash_ = 0;  // of what was seen
  std::set<Rank> ranking_;     // all that are in no front
  // Where several metrics are optimised: the feasible whole results. Absent when it must be made
  // anew, because one of them has changed.
  std::optional<FrontLevels> fronts_;
  std::vector<int> front_rows_;  // trials of the rows of fronts_
  Cut cut_;                      // the last one
  int objectives_ = 1;
  std::vector<GoodTrial> good_;
  std::vector<int> moved_;
  int finished_ = 0;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_TRIAL_SPLIT_H_
