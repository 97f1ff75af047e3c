#include "suggestion/fidelity/tpe_configurations.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/random_stream.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/outcome.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

std::unique_ptr<Suggester> MakeTpe(const SuggesterSpec& spec, const Resource& resource,
                                   double gamma) {
  SuggesterSpec inner = resource.ConfigurationSpec(spec);
  inner.settings = {{"gamma", FormatNumber(gamma)}, {"n_startup_trials", "0"}};
  return (*FindAlgorithm("tpe"))->create(inner);
}

}  // namespace

ResultsByAmount::ResultsByAmount(const Resource* resource, std::vector<double> amounts)
    : resource_(resource), amounts_(std::move(amounts)), counts_(amounts_.size()) {}

void ResultsByAmount::Reset() { std::fill(counts_.begin(), counts_.end(), 0); }

void ResultsByAmount::End(const History& history, int i) {
  const TrialRecord& trial = history.trial(i);
  if (OutcomeOf(trial, history.objective()).kind != OutcomeKind::kObserved) return;
  const double amount = resource_->AmountOf(trial.assignment);
  const auto found = std::lower_bound(amounts_.begin(), amounts_.end(), amount);
  if (found != amounts_.end() && *found == amount) {
    ++counts_[static_cast<size_t>(found - amounts_.begin())];
  }
}

std::optional<double> ResultsByAmount::Greatest(int64_t wanted) const {
  for (size_t k = amounts_.size(); k-- > 0;) {
    if (counts_[k] >= wanted) return amounts_[k];
  }
  return std::nullopt;
}

TpeConfigurations::TpeConfigurations(const SuggesterSpec& spec, const Resource* resource,
                                     TpeConfigurationsOptions options)
    : resource_(resource),
      options_(std::move(options)),
      seed_(EffectiveSeed(spec)),
      random_(spec, resource),
      results_(resource, options_.amounts),
      told_(resource->configurations(), spec.objective,
            [this](const History& history, int i, TrialRecord& told) { Tell(history, i, told); }),
      tpe_(MakeTpe(spec, *resource, options_.gamma)) {}

void TpeConfigurations::Tell(const History& history, int i, TrialRecord& told) const {
  told.assignment = resource_->ConfigurationOf(std::move(told.assignment));
  const bool modelled = resource_->AmountOf(history.trial(i).assignment) == modelled_;
  const bool goes_on = ResumedTrial(history.trial(i).labels).has_value();
  if (IsFinal(told.condition) ? modelled : !goes_on) return;
  told.condition = TrialCondition::kKilled;
  told.objective.reset();
}

absl::StatusOr<Suggestion> TpeConfigurations::Sample(const History& history, double amount) {
  results_.Update(history);
  const std::optional<double> modelled = results_.Greatest(options_.trials_to_begin);
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), "random fraction");
  if (!modelled.has_value() || random.Uniform() < options_.random_fraction) {
    return random_.Sample(history, amount);
  }
  modelled_ = *modelled;
  const History& told = told_.Follow(history, std::bit_cast<uint64_t>(modelled_));
  QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> found, tpe_->Suggest(told, 1));
  Suggestion suggestion = std::move(found.at(0));
  absl::StrAppend(&suggestion.explanation, ", by results with ", resource_->name(), " ",
                  FormatNumber(modelled_));
  return suggestion;
}

}  // namespace qalam
