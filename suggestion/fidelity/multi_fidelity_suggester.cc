#include "suggestion/fidelity/multi_fidelity_suggester.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam {

MultiFidelitySuggester::MultiFidelitySuggester(const SuggesterSpec& spec, MultiFidelityParts parts)
    : parts_(std::move(parts)),
      duplicates_(spec.duplicates),
      finite_(FiniteSpace::Of(parts_.resource->configurations())),
      tried_(TriedConfigurations(parts_.resource.get(), spec.objective)),
      ahead_(spec.space, spec.objective) {}

absl::StatusOr<std::vector<Suggestion>> MultiFidelitySuggester::Suggest(const History& history,
                                                                        int count) {
  ahead_.Follow(history);
  std::vector<Suggestion> suggestions;
  for (int i = 0; i < count; ++i) {
    QALAM_ASSIGN_OR_RETURN(std::optional<Suggestion> suggestion, SuggestOne(ahead_.history()));
    if (!suggestion.has_value()) break;
    ahead_.AddPending(ahead_.history().next_number(), *suggestion);
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

bool MultiFidelitySuggester::MayGoOnFrom(const History& history, int i) {
  parts_.scheduler->Update(history);
  return parts_.scheduler->MayPromote(history, i);
}

absl::StatusOr<std::optional<Suggestion>> MultiFidelitySuggester::SuggestOne(
    const History& history) {
  parts_.scheduler->Update(history);
  RungStep step = parts_.scheduler->Next(history, SupplyOf(history));
  if (step.kind == RungStep::Kind::kWait) return std::optional<Suggestion>();
  Suggestion suggestion;
  suggestion.explanation = absl::StrCat(parts_.name, ": ", step.explanation);
  if (step.kind == RungStep::Kind::kPromotion) {
    suggestion.assignment = history.trial(step.parent).assignment;
  } else {
    QALAM_ASSIGN_OR_RETURN(Suggestion sampled, parts_.sampler->Sample(history, step.amount));
    suggestion.assignment = std::move(sampled.assignment);
    suggestion.labels = std::move(sampled.labels);
    absl::StrAppend(&suggestion.explanation, "; ", sampled.explanation);
  }
  suggestion.assignment =
      parts_.resource->WithAmount(std::move(suggestion.assignment), step.amount);
  suggestion.labels.merge(std::move(step.labels));
  return std::optional<Suggestion>(std::move(suggestion));
}

Supply MultiFidelitySuggester::SupplyOf(const History& history) {
  if (!finite_.has_value() || duplicates_ == DuplicatePolicy::kReplicate) return Supply::kUnseen;
  const History& tried = tried_.Follow(history);
  if (tried.distinct_points() < finite_->size()) return Supply::kUnseen;
  return duplicates_ == DuplicatePolicy::kReuse ? Supply::kNone : Supply::kSeen;
}

}  // namespace qalam
