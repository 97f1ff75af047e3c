#ifndef QALAM_SUGGESTION_MULTI_OBJECTIVE_NSGA_SUGGESTER_H_
#define QALAM_SUGGESTION_MULTI_OBJECTIVE_NSGA_SUGGESTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "math/sobol.h"
#include "suggestion/multi_objective/crossover.h"
#include "suggestion/multi_objective/survivors.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"

namespace qalam {

struct NsgaOptions {
  std::string name;  // of the algorithm
  int population_size = 50;
  CrossoverRates rates;
  CutFront cut;
};

// The settings of all searches of this kind, and what they amount to.
std::vector<SettingSpec> NsgaSettings();
NsgaOptions ReadNsgaSettings(const SuggesterSpec& spec, const std::vector<SettingSpec>& settings);

// A search for a Pareto front by breeding: the first trials fill the space, then each is a child of
// two survivors, each of which has won against another one: by its front, or by the room around it
// within one front. At first the best ten survivors are bred from, and in long searches all: with
// few trials there is no time for a large population to advance.
class NsgaSuggester final : public OneByOneSuggester {
 public:
  NsgaSuggester(const SuggesterSpec& spec, NsgaOptions options);

 private:
  void Update(const History& history) override { survivors_.Update(history); }
  std::optional<Suggestion> Propose(const Request& request) override;

  Suggestion Draw(const Request& request) const;
  Suggestion Breed(const Request& request, RandomStream& random) const;
  const Survivors::Member& Winner(int64_t number, RandomStream& random) const;

  uint64_t seed_;
  NsgaOptions options_;
  int drawn_;  // how many trials fill the space
  SobolSequence sequence_;
  Survivors survivors_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_MULTI_OBJECTIVE_NSGA_SUGGESTER_H_
