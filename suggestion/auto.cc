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
#include "suggestion/outcome.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// The member whose first points are taken, and that all are compared with.
constexpr size_t kLeader = 0;

// A copy of a history that can run ahead of it: with what was proposed in a request as pending.
class HistoryAhead {
 public:
  HistoryAhead(std::shared_ptr<const SearchSpace> space, Objective objective)
      : space_(std::move(space)), objective_(std::move(objective)), copy_(space_, objective_) {}

  // Takes over what is new in `history`, or all of it when it is not one that the copy knows.
  void Follow(const History& history) {
    const bool extends = copy_.size() <= history.size() &&
                         copy_.PrefixHash(copy_.size()) == history.PrefixHash(copy_.size());
    if (extends) TakeNew(history);
    if (!extends || copy_.ResultsHash() != history.ResultsHash()) {
      copy_ = History(space_, objective_);
      open_.clear();
      TakeNew(history);
    }
    copy_.SkipNumbers(history.next_number());
  }

  void AddPending(int64_t number, const Suggestion& suggestion) {
    TrialRecord trial;
    trial.number = number;
    trial.assignment = suggestion.assignment;
    trial.labels = suggestion.labels;
    open_.push_back(copy_.size());
    copy_.Put(std::move(trial));
  }

  const History& history() const { return copy_; }

 private:
  // A trial that is final changes no more in the course of an experiment.
  void TakeNew(const History& history) {
    std::vector<int> open;
    for (const int i : open_) Take(history, i, open);
    for (int i = copy_.size(); i < history.size(); ++i) Take(history, i, open);
    open_ = std::move(open);
  }

  void Take(const History& history, int i, std::vector<int>& open) {
    copy_.Put(history.trial(i));
    if (!IsFinal(history.trial(i).condition)) open.push_back(i);
  }

  std::shared_ptr<const SearchSpace> space_;
  Objective objective_;
  History copy_;
  std::vector<int> open_;  // those that were not final when they were looked at
};

class AutoSuggester final : public Suggester {
 public:
  explicit AutoSuggester(const SuggesterSpec& spec)
      : seed_(EffectiveSeed(spec)),
        members_(AutoMembersFor(*spec.space, spec.objective.count())),
        initial_points_(std::clamp(2 * spec.space->size(), 4, 10)),
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
    if (number < initial_points_) return kLeader;
    double rest = RandomStream(seed_, static_cast<uint64_t>(number), "auto").Uniform();
    for (size_t i = 0; i < probabilities.size(); ++i) {
      rest -= probabilities[i];
      if (rest < 0) return i;
    }
    return kLeader;
  }

  uint64_t seed_;
  std::vector<AutoMember> members_;
  int initial_points_;
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
