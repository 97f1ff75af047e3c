#include "suggestion/auto/member_choice.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "suggestion/multi_objective/outcome_fronts.h"
#include "suggestion/outcome.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

// From so many results on, the late shares count; between the two they are mixed.
constexpr double kEarlyUntil = 300;
constexpr double kLateFrom = 1000;
// Trials with which a new one's rank is compared.
constexpr size_t kWindow = 30;
// The weight of a trial halves with each so many later ones of the same member.
constexpr double kHalfLife = 20;
// The mean of all members counts as so many trials of each.
constexpr double kPriorTrials = 4;
// How much a better reward is preferred: a difference of 0.2 doubles the share.
constexpr double kSharpness = 3.5;
constexpr double kLeastShare = 0.02;

// Rewards trials in the order of their numbers.
class Judge {
 public:
  double Reward(const Outcome& outcome) {
    const bool improved = EnterFront(outcome);
    const auto worse = std::count_if(recent_.begin(), recent_.end(), [&](const Outcome& other) {
      return DominatesOutcome(outcome, other);
    });
    const double rank =
        recent_.empty() ? 0.5 : static_cast<double>(worse) / static_cast<double>(recent_.size());
    recent_.push_back(outcome);
    if (recent_.size() > kWindow) recent_.pop_front();
    return improved ? 1 : 0.5 * rank;
  }

 private:
  // False when an earlier result dominates this one or equals it.
  bool EnterFront(const Outcome& outcome) {
    for (const Outcome& other : front_) {
      const bool equal = other.kind == outcome.kind && other.violation == outcome.violation &&
                         other.loss == outcome.loss &&
                         other.further_losses == outcome.further_losses;
      if (equal || DominatesOutcome(other, outcome)) return false;
    }
    std::erase_if(front_, [&](const Outcome& other) { return DominatesOutcome(outcome, other); });
    front_.push_back(outcome);
    return true;
  }

  std::vector<Outcome> front_;  // of one objective: the best
  std::deque<Outcome> recent_;
};

// Those that look for fronts; their shares are made to sum to 1.
std::vector<AutoMember> MembersForSeveralObjectives() {
  std::vector<AutoMember> members;
  double early = 0;
  double late = 0;
  for (const AutoMember& member :
       {AutoMember{"gp", 0.6, 0.2}, AutoMember{"tpe", 0.25, 0.4}, AutoMember{"nsga2", 0.15, 0.4}}) {
    if (!(*FindAlgorithm(member.name))->capabilities.multi_objective) continue;
    members.push_back(member);
    early += member.early_share;
    late += member.late_share;
  }
  for (AutoMember& member : members) {
    member.early_share /= early;
    member.late_share /= late;
  }
  return members;
}

}  // namespace

std::vector<AutoMember> AutoMembersFor(const SearchSpace& space, int objectives) {
  if (objectives > 1) return MembersForSeveralObjectives();
  int ordered = 0;
  int categorical = 0;
  for (const Parameter& parameter : space.parameters()) {
    if (parameter.Cardinality() <= 1) continue;
    ++(parameter.is_ordered() ? ordered : categorical);
  }
  if (ordered == 0) return {{"gp", 0.9, 0.4}, {"tpe", 0.03, 0.2}, {"evolution", 0.07, 0.4}};
  if (categorical > ordered) {
    return {{"gp", 0.9, 0.35}, {"tpe", 0.04, 0.3}, {"evolution", 0.06, 0.35}};
  }
  return {{"gp", 0.9, 0.15}, {"tpe", 0.05, 0.15}, {"evolution", 0.05, 0.7}};
}

std::vector<double> AutoCredits(const History& history, const std::vector<AutoMember>& members) {
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < members.size(); ++i) index[members[i].name] = i;
  std::vector<double> sums(members.size()), weights(members.size());
  double all = 0;
  double rewards = 0;
  Judge judge;
  for (int i = 0; i < history.size(); ++i) {
    const TrialRecord& trial = history.trial(i);
    const Outcome outcome = OutcomeOf(trial, history.objective());
    if (outcome.kind == OutcomeKind::kPending || outcome.kind == OutcomeKind::kNothing) continue;
    const double reward = outcome.has_loss() ? judge.Reward(outcome) : 0;
    const auto label = trial.labels.find(kAutoMemberLabel);
    const auto member = label == trial.labels.end() ? index.end() : index.find(label->second);
    if (member == index.end()) continue;
    const double decay = std::exp2(-1 / kHalfLife);
    sums[member->second] = decay * sums[member->second] + reward;
    weights[member->second] = decay * weights[member->second] + 1;
    all = decay * all + 1;
    rewards = decay * rewards + reward;
  }
  const double mean = all > 0 ? rewards / all : 0;
  std::vector<double> credits;
  for (size_t i = 0; i < members.size(); ++i) {
    credits.push_back((sums[i] + kPriorTrials * mean) / (weights[i] + kPriorTrials));
  }
  return credits;
}

std::vector<double> AutoProbabilities(const std::vector<AutoMember>& members,
                                      const std::vector<double>& credits, int observed) {
  const double late = std::clamp((observed - kEarlyUntil) / (kLateFrom - kEarlyUntil), 0.0, 1.0);
  std::vector<double> shares;
  double sum = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    const double share = (1 - late) * members[i].early_share + late * members[i].late_share;
    shares.push_back(std::max(kLeastShare, share * std::exp(kSharpness * credits[i])));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace qalam
