#include "suggestion/fidelity/differential_configurations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/parameter.h"
#include "core/random_stream.h"
#include "suggestion/evolution/variation.h"
#include "suggestion/outcome.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr size_t kDifferentialPopulation = 20;
constexpr size_t kLeastToBreed = 5;
// The share of the smaller amount's population that children are bred towards.
constexpr double kWayShare = 0.25;
// The paper's rates.
constexpr double kDifferentialF = 0.5;
constexpr double kDifferentialCr = 0.5;
constexpr int kBreedings = 8;  // to breed a configuration that was not tried

}  // namespace

void RankingByAmount::End(const History& history, int i) {
  const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
  if (outcome.kind != OutcomeKind::kObserved) return;
  by_amount_[resource_->AmountOf(history.trial(i).assignment)].insert(Ranked(history, i, outcome));
}

std::vector<int> RankingByAmount::Best(double amount, size_t count) const {
  std::vector<int> best;
  const auto found = by_amount_.find(amount);
  if (found == by_amount_.end()) return best;
  for (const RankedTrial& trial : found->second) {
    if (best.size() == count) break;
    best.push_back(trial.index);
  }
  return best;
}

std::optional<double> RankingByAmount::Below(double amount, size_t count) const {
  for (auto it = by_amount_.lower_bound(amount); it != by_amount_.begin();) {
    --it;
    if (it->second.size() >= count) return it->first;
  }
  return std::nullopt;
}

DifferentialConfigurations::DifferentialConfigurations(const SuggesterSpec& spec,
                                                       const Resource* resource)
    : resource_(resource),
      seed_(EffectiveSeed(spec)),
      random_(spec, resource),
      ranking_(resource),
      tried_(TriedConfigurations(resource, spec.objective)) {}

absl::StatusOr<Suggestion> DifferentialConfigurations::Sample(const History& history,
                                                              double amount) {
  ranking_.Update(history);
  std::vector<int> members = ranking_.Best(amount, kDifferentialPopulation);
  const double way_amount = ranking_.Below(amount, kLeastToBreed).value_or(amount);
  const std::vector<int> way = ranking_.Best(way_amount, kDifferentialPopulation);
  if (members.size() < kLeastToBreed) members = way;
  if (members.size() < kLeastToBreed) return random_.Sample(history, amount);
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), "dehb");
  const History& tried = tried_.Follow(history);
  const SearchSpace& space = *resource_->configurations();
  const double good = std::max(2.0, kWayShare * static_cast<double>(way.size()));
  for (int breeding = 0; breeding < kBreedings; ++breeding) {
    const DifferentialParents parents{.target = members[random.Below(members.size())],
                                      .good = way[random.Below(static_cast<uint64_t>(good))],
                                      .plus = way[random.Below(way.size())],
                                      .minus = members[random.Below(members.size())]};
    Assignment child =
        space.Canonical(BreedDifferential(tried, parents, kDifferentialF, kDifferentialCr, random));
    if (!space.Satisfies(child) || tried.ContainsAssignment(child)) continue;
    return Suggestion{.assignment = std::move(child),
                      .explanation = absl::StrFormat(
                          "bred from trial %d towards trial %d, good with %s %s",
                          history.trial(parents.target).number, history.trial(parents.good).number,
                          resource_->name(), FormatNumber(way_amount))};
  }
  return random_.Sample(history, amount);
}

}  // namespace qalam
