#ifndef QALAM_SUGGESTION_FIDELITY_TPE_CONFIGURATIONS_H_
#define QALAM_SUGGESTION_FIDELITY_TPE_CONFIGURATIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/history_follower.h"

namespace qalam {

// How many trials with a whole result there are of each amount.
class ResultsByAmount final : private HistoryFollower {
 public:
  // `amounts`: increasing. `resource` must outlive the object.
  ResultsByAmount(const Resource* resource, std::vector<double> amounts);

  void Update(const History& history) { HistoryFollower::Update(history); }
  // The greatest amount with at least `wanted` results; nothing when there is none.
  std::optional<double> Greatest(int64_t wanted) const;

 private:
  void Reset() override;
  void Begin(const History&, int) override {}
  void End(const History& history, int i) override;

  const Resource* resource_;
  std::vector<double> amounts_;
  std::vector<int64_t> counts_;
};

struct TpeConfigurationsOptions {
  std::vector<double> amounts;   // that trials are given, increasing
  double random_fraction = 0;    // of the configurations
  double gamma = 0.15;           // the share of trials that count as good
  int64_t trials_to_begin = 10;  // results of one amount before the estimators are used
};

// Configurations by Parzen estimators (see tpe.cc) of the results with the greatest amount of which
// there are enough, as in BOHB (Falkner, Klein and Hutter, ICML 2018); some are drawn at random.
// Pending new configurations count as bad, as in tpe; what runs with another amount, or goes on,
// counts as nothing.
class TpeConfigurations final : public ConfigurationSampler {
 public:
  // `resource` must outlive the sampler.
  TpeConfigurations(const SuggesterSpec& spec, const Resource* resource,
                    TpeConfigurationsOptions options);

  absl::StatusOr<Suggestion> Sample(const History& history, double amount) override;

 private:
  void Tell(const History& history, int i, TrialRecord& told) const;

  const Resource* resource_;
  TpeConfigurationsOptions options_;
  uint64_t seed_;
  RandomConfigurations random_;
  ResultsByAmount results_;
  double modelled_ = 0;  // the amount whose results are told
  ToldHistory told_;
  std::unique_ptr<Suggester> tpe_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_TPE_CONFIGURATIONS_H_
