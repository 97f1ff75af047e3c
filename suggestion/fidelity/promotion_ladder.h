#ifndef QALAM_SUGGESTION_FIDELITY_PROMOTION_LADDER_H_
#define QALAM_SUGGESTION_FIDELITY_PROMOTION_LADDER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "suggestion/fidelity/history_follower.h"
#include "suggestion/fidelity/promotion_rung.h"
#include "suggestion/fidelity/resource.h"
#include "suggestion/fidelity/scheduler.h"

namespace qalam {

// Asynchronous successive halving, promotion form (Li et al., "A system for massively parallel
// hyperparameter tuning", MLSys 2020, algorithm 2): a free worker takes, from the top rung down,
// the best trial that is among the first 1/eta of its rung and has not gone on; where there is
// none, a new configuration begins in the lowest rung. Nobody ever waits.
//
// Rungs are told by the amounts of trials, whoever proposed them. Differs from the paper where
// every configuration of a finite space has been begun: then the best that is left goes on,
// whatever its rank. Trials without a whole result do not go on.
class PromotionLadder final : public RungScheduler, private HistoryFollower {
 public:
  // `amounts`: of the rungs, increasing, at least one. `resource` must outlive the ladder.
  PromotionLadder(const Resource* resource, std::vector<double> amounts, double eta);

  void Update(const History& history) override { HistoryFollower::Update(history); }
  RungStep Next(const History& history, Supply supply) override;
  bool MayPromote(const History& history, int i) const override;

 private:
  void Reset() override;
  void Begin(const History& history, int i) override;
  void End(const History& history, int i) override;
  std::optional<size_t> RungOf(const History& history, int i) const;
  RungStep Promotion(size_t from, const RankedTrial& parent, bool in_share) const;
  std::string Describe(size_t rung) const;

  const Resource* resource_;
  std::vector<double> amounts_;
  double eta_;
  std::vector<PromotionRung> rungs_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_PROMOTION_LADDER_H_
