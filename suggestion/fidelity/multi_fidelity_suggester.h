#ifndef QALAM_SUGGESTION_FIDELITY_MULTI_FIDELITY_SUGGESTER_H_
#define QALAM_SUGGESTION_FIDELITY_MULTI_FIDELITY_SUGGESTER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suggestion/fidelity/configurations.h"
#include "suggestion/fidelity/resource.h"
#include "suggestion/fidelity/scheduler.h"
#include "suggestion/history_ahead.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"

namespace qalam {

// The parts of a search that gives much of a resource to few configurations only.
struct MultiFidelityParts {
  std::string name;  // of the algorithm, for explanations
  std::shared_ptr<const Resource> resource;
  std::unique_ptr<RungScheduler> scheduler;
  std::unique_ptr<ConfigurationSampler> sampler;
};

// Asks the scheduler what the next trial is to be, and the sampler for a configuration when a new
// one is to begin. A request for several is so many requests for one, those before being pending.
class MultiFidelitySuggester final : public Suggester, public ResumingSuggester {
 public:
  MultiFidelitySuggester(const SuggesterSpec& spec, MultiFidelityParts parts);

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override;
  bool MayGoOnFrom(const History& history, int i) override;

 private:
  absl::StatusOr<std::optional<Suggestion>> SuggestOne(const History& history);
  Supply SupplyOf(const History& history);

  MultiFidelityParts parts_;
  DuplicatePolicy duplicates_;
  std::optional<FiniteSpace> finite_;  // the configurations
  ToldHistory tried_;
  HistoryAhead ahead_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_MULTI_FIDELITY_SUGGESTER_H_
