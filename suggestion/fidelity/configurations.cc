#include "suggestion/fidelity/configurations.h"

#include <utility>
#include <vector>

#include "core/status_macros.h"
#include "suggestion/unseen_points.h"

namespace qalam {

ToldHistory::ToldHistory(std::shared_ptr<const SearchSpace> space, Objective objective,
                         Teller teller)
    : space_(std::move(space)),
      objective_(std::move(objective)),
      teller_(std::move(teller)),
      told_(space_, objective_) {}

const History& ToldHistory::Follow(const History& history, uint64_t key) {
  if (key != key_) Forget();
  key_ = key;
  Update(history);
  told_.SkipNumbers(history.next_number());
  return told_;
}

void ToldHistory::Reset() { told_ = History(space_, objective_); }

void ToldHistory::Tell(const History& history, int i) {
  TrialRecord told = history.trial(i);
  teller_(history, i, told);
  told_.Put(std::move(told));
}

ToldHistory TriedConfigurations(const Resource* resource, const Objective& objective) {
  return ToldHistory(resource->configurations(), objective,
                     [resource](const History&, int, TrialRecord& told) {
                       told.assignment = resource->ConfigurationOf(std::move(told.assignment));
                       if (IsFinal(told.condition)) told.condition = TrialCondition::kKilled;
                       told.objective.reset();
                     });
}

RandomConfigurations::RandomConfigurations(const SuggesterSpec& spec, const Resource* resource)
    : tried_(TriedConfigurations(resource, spec.objective)),
      finite_(FiniteSpace::Of(resource->configurations())),
      start_points_(resource->ConfigurationSpec(spec)),
      random_((*FindAlgorithm("random"))->create(resource->ConfigurationSpec(spec))) {}

absl::StatusOr<Suggestion> RandomConfigurations::Sample(const History& history, double) {
  const History& tried = tried_.Follow(history);
  const UnseenPoints unseen(tried, finite_.has_value() ? &*finite_ : nullptr);
  if (std::optional<Suggestion> start = start_points_.Next(unseen)) return *std::move(start);
  QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> drawn, random_->Suggest(tried, 1));
  return std::move(drawn.at(0));
}

}  // namespace qalam
