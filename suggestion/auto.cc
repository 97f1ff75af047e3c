// The default: a portfolio of the other algorithms over one shared history. The Gaussian process
// proposes most of the trials as long as a model of all of them is affordable; others take part,
// each the more the better its trials turn out (compare Hoffman et al., "Portfolio allocation for
// Bayesian optimization", UAI 2011), since every model is wrong somewhere.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "core/status_macros.h"
#include "suggestion/auto/member_choice.h"
#include "suggestion/history_ahead.h"
#include "suggestion/outcome.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// The member that begins, and that all are compared with.
constexpr size_t kLeader = 0;

class AutoSuggester final : public Suggester {
 public:
  explicit AutoSuggester(const SuggesterSpec& spec)
      : seed_(EffectiveSeed(spec)),
        members_(AutoMembersFor(*spec.space, spec.objective.count())),
        leading_trials_(std::clamp(2 * spec.space->size(), 4, 10)),
        ahead_(spec.space, spec.objective) {
    SuggesterSpec member_spec = spec;
    member_spec.settings.clear();
    member_spec.seed = seed_;
    for (const AutoMember& member : members_) {
      suggesters_.push_back((*FindAlgorithm(member.name))->create(member_spec));
    }
  }

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    ahead_.Follow(history);
    const std::vector<double> credits = AutoCredits(history, members_);
    int observed = 0;
    for (int i = 0; i < history.size(); ++i) {
      if (OutcomeOf(history.trial(i), history.objective()).has_loss()) ++observed;
    }
    const std::vector<double> probabilities = AutoProbabilities(members_, credits, observed);
    std::vector<Suggestion> suggestions;
    for (int i = 0; i < count; ++i) {
      const int64_t number = history.next_number() + i;
      QALAM_ASSIGN_OR_RETURN(std::optional<Suggestion> suggestion,
                             SuggestOne(number, probabilities));
      if (!suggestion.has_value()) break;
      ahead_.AddPending(number, *suggestion);
      suggestions.push_back(*std::move(suggestion));
    }
    return suggestions;
  }

 private:
  absl::StatusOr<std::optional<Suggestion>> SuggestOne(int64_t number,
                                                       const std::vector<double>& probabilities) {
    const size_t member = Choose(number, probabilities);
    QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> answer,
                           suggesters_[member]->Suggest(ahead_.history(), 1));
    if (answer.empty()) return std::optional<Suggestion>();
    Suggestion suggestion = std::move(answer[0]);
    suggestion.labels[kAutoMemberLabel] = members_[member].name;
    if (suggestion.explanation.empty()) suggestion.explanation = members_[member].name;
    return std::optional<Suggestion>(std::move(suggestion));
  }

  size_t Choose(int64_t number, const std::vector<double>& probabilities) const {
    if (number < leading_trials_) return kLeader;
    double rest = RandomStream(seed_, static_cast<uint64_t>(number), "auto").Uniform();
    for (size_t i = 0; i < probabilities.size(); ++i) {
      rest -= probabilities[i];
      if (rest < 0) return i;
    }
    return kLeader;
  }

  uint64_t seed_;
  std::vector<AutoMember> members_;
  int leading_trials_;  // how many the leader proposes before any other may
  HistoryAhead ahead_;
  std::vector<std::unique_ptr<Suggester>> suggesters_;
};

}  // namespace

AlgorithmDescriptor AutoAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "auto";
  descriptor.summary = "Chooses among the algorithms, trial by trial; the default.";
  descriptor.source = "Portfolio of gp, tpe and evolution; Hoffman et al., UAI 2011";
  descriptor.capabilities.costly = true;
  descriptor.capabilities.transfers = true;
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<AutoSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
