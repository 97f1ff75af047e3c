#include "server/suggestion_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "server/algorithm_check.h"
#include "server/trial_codes.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// As algorithms see it: all active trials look alike, whether or not they have started.
TrialRecord RecordOf(const NumberedTrials::Item& item, const CarriedState& carried) {
  const KnownTrial& trial = *item.trial;
  TrialRecord record{.number = item.number, .assignment = *trial.assignment};
  record.labels = carried.LabelsOf(item.number);
  if (!IsFinal(trial.condition)) return record;
  record.condition = trial.condition;
  record.objective = trial.objective;
  return record;
}

bool SameResult(const TrialRecord& record, const KnownTrial& trial,
                const CarriedState::Labels& labels) {
  if (record.labels != labels) return false;
  if (!IsFinal(trial.condition)) return !IsFinal(record.condition);
  return record.condition == trial.condition && record.objective == trial.objective;
}

absl::Status NothingToSuggest(const History& history) {
  if (history.active() > 0) {
    return absl::UnavailableError(absl::StrCat("the algorithm waits for the results of ",
                                               history.active(), " running trials; ask again"));
  }
  if (static_cast<double>(history.distinct_points()) < history.space().Cardinality()) {
    return absl::OutOfRangeError(
        absl::StrCat("the algorithm is at its end: it has nothing left to suggest after ",
                     history.size(), " trials; set maxTrialCount to at most that number"));
  }
  return absl::OutOfRangeError(
      absl::StrCat("the search space is used up: each of its ", history.distinct_points(),
                   " points has been suggested; set maxTrialCount to at most that number"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<SuggestionSession>> SuggestionSession::Create(SearchSpec search) {
  QALAM_RETURN_IF_ERROR(CheckAlgorithmOf(search));
  return std::unique_ptr<SuggestionSession>(new SuggestionSession(std::move(search)));
}

SuggestionSession::SuggestionSession(SearchSpec search)
    : search_(std::move(search)),
      list_(search_.name, search_.space),
      history_(search_.space, search_.objective) {}

size_t SuggestionSession::size() const {
  MutexLock lock(&mutex_);
  return list_.size();
}

absl::StatusOr<SuggestionAnswer> SuggestionSession::Suggest(const SuggestionQuery& query,
                                                            absl::Time now) {
  if (query.wanted < 0 || query.wanted > kMaxWanted) {
    return absl::InvalidArgumentError(absl::StrCat("current_request_number is ", query.wanted,
                                                   "; it must be between 0 and ", kMaxWanted));
  }
  MutexLock lock(&mutex_);
  QALAM_RETURN_IF_ERROR(carried_.Update(query.carried));
  QALAM_ASSIGN_OR_RETURN(const std::vector<const KnownTrial*> known,
                         list_.Recognise(query.trials, query.decode));
  const uint32_t id = IdFor(query, known, now);
  const NumberedTrials numbered = NumberTrials(known, id, query.suggested.value_or(0));
  if (numbered.next + query.wanted > kMaxTrialNumber) {
    return absl::ResourceExhaustedError(
        absl::StrCat("an experiment has at most ", kMaxTrialNumber, " trials"));
  }
  QALAM_RETURN_IF_ERROR(Follow(numbered));
  QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                         Ask(static_cast<int>(query.wanted)));
  SuggestionAnswer answer;
  for (const Suggestion& suggestion : suggestions) {
    const int64_t number = numbered.next + static_cast<int64_t>(answer.trials.size());
    answer.trials.push_back({CodedTrialName(query.experiment, {.number = number, .id = id}),
                             search_.space->Format(suggestion.assignment)});
    if (const std::optional<int64_t> parent = ResumedTrial(suggestion.labels)) {
      answer.trials.back().parent = CodedTrialName(query.experiment, {.number = *parent, .id = id});
    }
  }
  answer.carried.insert(IdSetting(id));
  if (auto labels = LabelsSetting(numbered.next, suggestions)) {
    answer.carried.insert(*std::move(labels));
  }
  return answer;
}

// The client's word, else what the oldest of our trials says; a new one for a new experiment, even
// if trials of another one of the same name were sent along.
uint32_t SuggestionSession::IdFor(const SuggestionQuery& query,
                                  absl::Span<const KnownTrial* const> trials,
                                  absl::Time now) const {
  if (carried_.id().has_value()) return *carried_.id();
  std::optional<TrialCode> oldest;
  for (const KnownTrial* trial : trials) {
    if (!trial->code.has_value()) continue;
    if (!oldest ||
        std::pair(trial->code->number, trial->code->id) < std::pair(oldest->number, oldest->id)) {
      oldest = trial->code;
    }
  }
  if (query.suggested == 0 || !oldest) return NewExperimentId(query.experiment, now);
  return oldest->id;
}

// True when the history, as it is, is the beginning of `trials`.
bool SuggestionSession::Extends(const NumberedTrials& trials) const {
  if (trials.next < history_.next_number() ||
      history_.size() > static_cast<int>(trials.trials.size())) {
    return false;
  }
  for (int i = 0; i < history_.size(); ++i) {
    const NumberedTrials::Item& item = trials.trials[static_cast<size_t>(i)];
    const TrialRecord& record = history_.trial(i);
    if (record.number != item.number || record.assignment != *item.trial->assignment) return false;
  }
  return true;
}

absl::Status SuggestionSession::Follow(const NumberedTrials& trials) {
  if (suggester_ == nullptr || !Extends(trials)) {
    history_ = History(search_.space, search_.objective);
    SuggesterSpec made_for = search_.made_for();
    made_for.never_waits = true;
    QALAM_ASSIGN_OR_RETURN(suggester_, CreateSuggester(search_.algorithm.name, made_for));
  }
  const int known = history_.size();
  for (size_t i = 0; i < trials.trials.size(); ++i) {
    const NumberedTrials::Item& item = trials.trials[i];
    if (static_cast<int>(i) < known && SameResult(history_.trial(static_cast<int>(i)), *item.trial,
                                                  carried_.LabelsOf(item.number))) {
      continue;
    }
    history_.Put(RecordOf(item, carried_));
  }
  history_.SkipNumbers(trials.next);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Suggestion>> SuggestionSession::Ask(int count) {
  if (count == 0) return std::vector<Suggestion>();
  QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> suggestions, suggester_->Suggest(history_, count));
  if (suggestions.empty()) return NothingToSuggest(history_);
  if (static_cast<int>(suggestions.size()) < count) {
    QALAM_RETURN_IF_ERROR(FillUp(count, &suggestions));
  }
  return suggestions;
}

// Katib's controller takes as many as it asked for or none at all, so that what an algorithm
// proposes before it waits, or before the space is used up, is given away with random points beside
// it.
absl::Status SuggestionSession::FillUp(int count, std::vector<Suggestion>* suggestions) {
  History ahead = history_;
  for (const Suggestion& suggestion : *suggestions) {
    ahead.Put({.number = ahead.next_number(), .assignment = suggestion.assignment});
  }
  SuggesterSpec made_for = search_.made_for();
  made_for.seed = EffectiveSeed(made_for);
  made_for.settings.clear();
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<Suggester> random,
                         CreateSuggester("random", made_for));
  QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> more,
                         random->Suggest(ahead, count - static_cast<int>(suggestions->size())));
  std::move(more.begin(), more.end(), std::back_inserter(*suggestions));
  if (static_cast<int>(suggestions->size()) < count) return NothingToSuggest(ahead);
  return absl::OkStatus();
}

}  // namespace qalam
