#include "server/trial_list.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/hash/hash.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

bool IsFinite(const Assignment& assignment) {
  return std::all_of(assignment.begin(), assignment.end(),
                     [](double value) { return std::isfinite(value); });
}

// Greater for the trial that knows more; a total order of what matters.
std::tuple<bool, bool, double, TrialCondition, const std::string&, const Assignment&> Knowledge(
    const KnownTrial& trial) {
  const double objective = trial.objective.value_or(0);
  return {IsFinal(trial.condition),
          trial.objective.has_value(),
          std::isnan(objective) ? 0 : objective,
          trial.condition,
          trial.start_time,
          *trial.assignment};
}

bool KnowsMore(const KnownTrial& a, const KnownTrial& b) { return Knowledge(b) < Knowledge(a); }

// In order of start, those that have not started last; then of name.
bool StartsBefore(const KnownTrial* a, const KnownTrial* b) {
  if (a->start_time.empty() != b->start_time.empty()) return b->start_time.empty();
  return std::tie(a->start_time, a->name) < std::tie(b->start_time, b->name);
}

bool HasSmallerNumber(const NumberedTrials::Item& a, const NumberedTrials::Item& b) {
  return a.number < b.number;
}

// Numbered by their codes, each number once.
std::vector<NumberedTrials::Item> OwnTrials(absl::Span<const KnownTrial* const> trials,
                                            uint32_t id) {
  std::vector<NumberedTrials::Item> own;
  for (const KnownTrial* trial : trials) {
    if (trial->code.has_value() && trial->code->id == id)
      own.push_back({trial->code->number, trial});
  }
  std::sort(own.begin(), own.end(),
            [](const NumberedTrials::Item& a, const NumberedTrials::Item& b) {
              return a.number != b.number ? a.number < b.number : KnowsMore(*a.trial, *b.trial);
            });
  own.erase(std::unique(own.begin(), own.end(),
                        [](const NumberedTrials::Item& a, const NumberedTrials::Item& b) {
                          return a.number == b.number;
                        }),
            own.end());
  return own;
}

std::vector<const KnownTrial*> ForeignTrials(absl::Span<const KnownTrial* const> trials,
                                             uint32_t id) {
  std::vector<const KnownTrial*> foreign;
  absl::flat_hash_map<absl::string_view, size_t> by_name;
  for (const KnownTrial* trial : trials) {
    if (trial->code.has_value() && trial->code->id == id) continue;
    const auto [found, is_new] = by_name.emplace(trial->name, foreign.size());
    if (is_new) {
      foreign.push_back(trial);
    } else if (KnowsMore(*trial, *foreign[found->second])) {
      foreign[found->second] = trial;
    }
  }
  std::sort(foreign.begin(), foreign.end(), StartsBefore);
  return foreign;
}

}  // namespace

absl::StatusOr<std::vector<const KnownTrial*>> TrialList::Recognise(
    absl::Span<const absl::string_view> encoded, const TrialDecoder& decode) {
  absl::flat_hash_map<ContentHash, std::unique_ptr<KnownTrial>> sent;
  sent.reserve(encoded.size());
  std::vector<const KnownTrial*> trials;
  trials.reserve(encoded.size());
  for (const absl::string_view bytes : encoded) {
    // Two hashes of 64 bits: that two texts share both is not to be expected.
    const ContentHash hash(absl::HashOf(bytes), absl::HashOf(bytes.size(), bytes));
    const auto [place, is_new] = sent.try_emplace(hash);
    if (!is_new) continue;
    if (const auto known = known_.find(hash); known != known_.end()) {
      place->second = std::move(known->second);
      known_.erase(known);
    } else {
      absl::StatusOr<std::unique_ptr<KnownTrial>> trial = Decode(bytes, decode);
      if (!trial.ok()) return trial.status();
      place->second = *std::move(trial);
    }
    if (place->second->assignment.has_value()) trials.push_back(place->second.get());
  }
  known_ = std::move(sent);
  return trials;
}

absl::StatusOr<std::unique_ptr<KnownTrial>> TrialList::Decode(absl::string_view bytes,
                                                              const TrialDecoder& decode) const {
  QALAM_ASSIGN_OR_RETURN(ReportedTrial reported, decode(bytes));
  auto trial = std::make_unique<KnownTrial>();
  trial->code = ParseTrialName(experiment_, reported.name);
  absl::StatusOr<Assignment> assignment = space_->Parse(reported.values);
  if (assignment.ok() && IsFinite(*assignment)) trial->assignment = *std::move(assignment);
  trial->name = std::move(reported.name);
  trial->start_time = std::move(reported.start_time);
  trial->condition = reported.condition;
  trial->objective = reported.objective;
  return trial;
}

NumberedTrials NumberTrials(absl::Span<const KnownTrial* const> trials, uint32_t id,
                            int64_t suggested) {
  const std::vector<NumberedTrials::Item> own = OwnTrials(trials, id);
  NumberedTrials numbered{.trials = own};
  int64_t free = 0;
  auto taken = own.begin();
  for (const KnownTrial* trial : ForeignTrials(trials, id)) {
    for (; taken != own.end() && taken->number == free; ++taken) ++free;
    numbered.trials.push_back({free++, trial});
  }
  std::sort(numbered.trials.begin(), numbered.trials.end(), HasSmallerNumber);
  const int64_t after = numbered.trials.empty() ? 0 : numbered.trials.back().number + 1;
  numbered.next = std::max(suggested, after);
  return numbered;
}

}  // namespace qalam
