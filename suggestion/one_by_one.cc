#include "suggestion/one_by_one.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "suggestion/feasible.h"
#include "suggestion/settings.h"

namespace qalam {

OneByOneSuggester::OneByOneSuggester(const SuggesterSpec& spec)
    : space_(spec.space),
      seed_(EffectiveSeed(spec)),
      duplicates_(spec.duplicates),
      finite_(FiniteSpace::Of(spec.space)),
      start_points_(spec) {}

absl::StatusOr<std::vector<Suggestion>> OneByOneSuggester::Suggest(const History& history,
                                                                   int count) {
  Update(history);
  UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr, duplicates_);
  std::vector<Assignment> batch;
  std::vector<Suggestion> suggestions;
  for (int i = 0; i < count && !unseen.Exhausted(); ++i) {
    const Request request{history, batch, history.next_number() + i, unseen};
    std::optional<Suggestion> suggestion = start_points_.Next(unseen);
    if (!suggestion.has_value()) suggestion = Propose(request);
    if (!suggestion.has_value()) break;
    Repair(request, &*suggestion);
    unseen.Take(suggestion->assignment);
    batch.push_back(suggestion->assignment);
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

void OneByOneSuggester::Repair(const Request& request, Suggestion* suggestion) const {
  suggestion->assignment = space_->Canonical(std::move(suggestion->assignment));
  if (request.Allowed(suggestion->assignment)) return;
  std::vector<double> unit(suggestion->assignment.size());
  space_->ToUnit(suggestion->assignment, absl::MakeSpan(unit));
  RandomStream random(seed_, static_cast<uint64_t>(request.number), "repair");
  if (space_->Satisfies(suggestion->assignment)) {
    // Points that differ in inactive parameters only are one point.
    if (!request.unseen.AnyLeft()) return;
    suggestion->assignment = UnseenNear(unit, *space_, request.unseen, &random);
    return;
  }
  suggestion->assignment = RepairPoint(unit, request.history, request.unseen, &random);
  absl::StrAppend(&suggestion->explanation, suggestion->explanation.empty() ? "" : "; ",
                  "moved to satisfy the constraints");
}

}  // namespace qalam
