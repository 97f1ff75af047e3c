#ifndef QALAM_SUGGESTION_FIDELITY_DIFFERENTIAL_CONFIGURATIONS_H_
#define QALAM_SUGGESTION_FIDELITY_DIFFERENTIAL_CONFIGURATIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/history_follower.h"
#include "suggestion/fidelity/ranking.h"

namespace qalam {

// The whole results of each amount, by rank.
class RankingByAmount final : private HistoryFollower {
 public:
  // `resource` must outlive the object.
  explicit RankingByAmount(const Resource* resource) : resource_(resource) {}

  void Update(const History& history) { HistoryFollower::Update(history); }
  // Indices of the best `count` trials with the amount, best first; fewer when there are fewer.
  std::vector<int> Best(double amount, size_t count) const;
  // The greatest amount below `amount` that has at least `count` results.
  std::optional<double> Below(double amount, size_t count) const;

 private:
  void Reset() override { by_amount_.clear(); }
  void Begin(const History&, int) override {}
  void End(const History& history, int i) override;

  const Resource* resource_;
  std::map<double, std::set<RankedTrial>> by_amount_;
};

// Configurations bred by differential evolution, as in DEHB (Awad, Mallik and Hutter, "DEHB:
// evolutionary hyperband for scalable, robust and efficient hyperparameter optimization", IJCAI
// 2021): each amount has a population of its own, and what is good with the next smaller amount
// shows the way. Drawn at random until the population of an amount is large enough.
class DifferentialConfigurations final : public ConfigurationSampler {
 public:
  // `resource` must outlive the sampler.
  DifferentialConfigurations(const SuggesterSpec& spec, const Resource* resource);

  absl::StatusOr<Suggestion> Sample(const History& history, double amount) override;

 private:
  const Resource* resource_;
  uint64_t seed_;
  RandomConfigurations random_;
  RankingByAmount ranking_;
  ToldHistory tried_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_DIFFERENTIAL_CONFIGURATIONS_H_
