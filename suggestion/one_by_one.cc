#include "suggestion/one_by_one.h"

#include <utility>

namespace qalam {

OneByOneSuggester::OneByOneSuggester(std::shared_ptr<const SearchSpace> space)
    : space_(std::move(space)), finite_(FiniteSpace::Of(space_)) {}

absl::StatusOr<std::vector<Suggestion>> OneByOneSuggester::Suggest(const History& history,
                                                                   int count) {
  Update(history);
  UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr);
  std::vector<Assignment> batch;
  std::vector<Suggestion> suggestions;
  for (int i = 0; i < count; ++i) {
    std::optional<Suggestion> suggestion =
        Propose({history, batch, history.next_number() + i, unseen});
    if (!suggestion.has_value()) break;
    unseen.Take(suggestion->assignment);
    batch.push_back(suggestion->assignment);
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

}  // namespace qalam
