#ifndef QALAM_SUGGESTION_FIDELITY_PROMOTION_RUNG_H_
#define QALAM_SUGGESTION_FIDELITY_PROMOTION_RUNG_H_

#include <cstdint>
#include <optional>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "suggestion/fidelity/ranking.h"

namespace qalam {

// The trials of a rung by rank, and which of them have gone on. The order in which they are added
// has no part in it; each addition costs the logarithm of their number.
class PromotionRung {
 public:
  // One of `eta` goes on.
  explicit PromotionRung(double eta) : eta_(eta) {}

  // A trial has ended: with a whole result, or without one, which counts as the worst.
  void Add(const RankedTrial& trial);
  void AddWithoutResult();
  // The trial of this number goes on, or did so before it was added.
  void MarkPromoted(int64_t number);

  int64_t ended() const { return ended_; }
  // How many of those that have ended may go on: one of eta, rounded down.
  int64_t share() const { return share_; }
  // The best trial that has not gone on, if it is among the share; or whatever its rank.
  std::optional<RankedTrial> Promotable() const;
  std::optional<RankedTrial> BestLeft() const;
  // True for a trial with a result that has not gone on.
  bool IsLeft(int64_t number) const;

 private:
  void Rebalance();

  double eta_;
  int64_t ended_ = 0;
  int64_t share_ = 0;
  std::set<RankedTrial> best_;  // the first share_ of those with a result
  std::set<RankedTrial> rest_;  // with a result
  std::set<RankedTrial> left_;  // of both, those that have not gone on
  absl::flat_hash_set<int64_t> promoted_;
  absl::flat_hash_map<int64_t, RankedTrial> by_number_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_PROMOTION_RUNG_H_
