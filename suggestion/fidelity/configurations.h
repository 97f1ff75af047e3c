#ifndef QALAM_SUGGESTION_FIDELITY_CONFIGURATIONS_H_
#define QALAM_SUGGESTION_FIDELITY_CONFIGURATIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "suggestion/fidelity/history_follower.h"
#include "suggestion/fidelity/resource.h"
#include "suggestion/finite_space.h"
#include "suggestion/start_points.h"
#include "suggestion/suggester.h"

namespace qalam {

// A history told in another space: each trial with its number, so that several may have the same
// point.
class ToldHistory final : private HistoryFollower {
 public:
  // Moves a trial's record into the other space; may change condition and result. Called again when
  // the trial has ended.
  using Teller = std::function<void(const History& history, int i, TrialRecord& told)>;

  ToldHistory(std::shared_ptr<const SearchSpace> space, Objective objective, Teller teller);

  // `key`: what the teller depends on beside the trial itself; with another one everything is told
  // anew.
  const History& Follow(const History& history, uint64_t key = 0);

 private:
  void Reset() override;
  void Begin(const History& history, int i) override { Tell(history, i); }
  void End(const History& history, int i) override { Tell(history, i); }
  void Tell(const History& history, int i);

  std::shared_ptr<const SearchSpace> space_;
  Objective objective_;
  Teller teller_;
  History told_;
  uint64_t key_ = 0;
};

// Tells which configurations were tried, and nothing of how that went. `resource` must outlive it.
ToldHistory TriedConfigurations(const Resource* resource, const Objective& objective);

// Finds configurations to begin with.
class ConfigurationSampler {
 public:
  virtual ~ConfigurationSampler() = default;

  // A configuration that will be tried first with `amount`: one that no trial has, where there is
  // any. A function of the history.
  virtual absl::StatusOr<Suggestion> Sample(const History& history, double amount) = 0;
};

// Random search among configurations. The first ones are those that people believe in, and the best
// of earlier experiments (see start_points.h).
class RandomConfigurations final : public ConfigurationSampler {
 public:
  // `resource` must outlive the sampler.
  RandomConfigurations(const SuggesterSpec& spec, const Resource* resource);

  absl::StatusOr<Suggestion> Sample(const History& history, double amount) override;

 private:
  ToldHistory tried_;
  std::optional<FiniteSpace> finite_;
  StartPoints start_points_;
  std::unique_ptr<Suggester> random_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_CONFIGURATIONS_H_
