#include "suggestion/multi_objective/outcome_fronts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "math/pareto.h"

namespace qalam {
namespace {

void AppendFeasibleFronts(absl::Span<const Outcome* const> outcomes, absl::Span<const int> members,
                          std::vector<std::vector<int>>& fronts) {
  std::vector<double> losses;
  for (const int i : members) AppendLosses(*outcomes[static_cast<size_t>(i)], losses);
  const int width = static_cast<int>(losses.size() / members.size());
  const std::vector<int> ranks = NonDominatedSort({losses, width});
  const size_t first = fronts.size();
  for (size_t k = 0; k < members.size(); ++k) {
    const size_t front = first + static_cast<size_t>(ranks[k]);
    if (front >= fronts.size()) fronts.resize(front + 1);
    fronts[front].push_back(members[k]);
  }
}

// Equal violations share a front.
void AppendViolatingFronts(absl::Span<const Outcome* const> outcomes, std::vector<int> members,
                           std::vector<std::vector<int>>& fronts) {
  const auto violation = [&](int i) { return outcomes[static_cast<size_t>(i)]->violation; };
  std::sort(members.begin(), members.end(), [&](int a, int b) {
    return violation(a) != violation(b) ? violation(a) < violation(b) : a < b;
  });
  for (size_t k = 0; k < members.size(); ++k) {
    if (k == 0 || violation(members[k]) != violation(members[k - 1])) fronts.emplace_back();
    fronts.back().push_back(members[k]);
  }
}

}  // namespace

void AppendLosses(const Outcome& outcome, std::vector<double>& losses) {
  losses.push_back(outcome.loss);
  losses.insert(losses.end(), outcome.further_losses.begin(), outcome.further_losses.end());
}

bool DominatesOutcome(const Outcome& a, const Outcome& b) {
  if (a.kind == b.kind && a.violation == b.violation) {
    bool smaller = a.loss < b.loss;
    if (a.loss > b.loss) return false;
    for (size_t k = 0; k < a.further_losses.size(); ++k) {
      if (a.further_losses[k] > b.further_losses[k]) return false;
      smaller |= a.further_losses[k] < b.further_losses[k];
    }
    return smaller;
  }
  return BetterOutcome(a, b);
}

std::vector<std::vector<int>> OutcomeFronts(absl::Span<const Outcome* const> outcomes) {
  std::vector<std::vector<int>> fronts;
  for (const OutcomeKind kind : {OutcomeKind::kObserved, OutcomeKind::kPartial}) {
    std::vector<int> feasible, violating;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i]->kind != kind) continue;
      (outcomes[i]->feasible() ? feasible : violating).push_back(static_cast<int>(i));
    }
    if (!feasible.empty()) AppendFeasibleFronts(outcomes, feasible, fronts);
    AppendViolatingFronts(outcomes, std::move(violating), fronts);
  }
  return fronts;
}

}  // namespace qalam
