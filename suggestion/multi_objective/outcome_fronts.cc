#include "suggestion/multi_objective/outcome_fronts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "math/pareto.h"

namespace qalam {
namespace {

// How many of the first fronts have `enough` members.
size_t FrontsWith(absl::Span<const size_t> sizes, size_t enough) {
  size_t count = 0;
  for (size_t members = 0; count < sizes.size() && members < enough; ++count) {
    members += sizes[count];
  }
  return count;
}

void AppendFeasibleFronts(absl::Span<const Outcome* const> outcomes, absl::Span<const int> members,
                          size_t enough, std::vector<std::vector<int>>& fronts) {
  const size_t width = 1 + outcomes[static_cast<size_t>(members[0])]->further_losses.size();
  std::vector<double> losses;
  losses.reserve(members.size() * width);
  for (const int i : members) AppendLosses(*outcomes[static_cast<size_t>(i)], losses);
  const std::vector<int> ranks = NonDominatedSort({losses, static_cast<int>(width)});
  std::vector<size_t> sizes(1 + static_cast<size_t>(*std::max_element(ranks.begin(), ranks.end())));
  for (const int rank : ranks) ++sizes[static_cast<size_t>(rank)];
  const size_t first = fronts.size();
  fronts.resize(first + FrontsWith(sizes, enough));
  for (size_t k = first; k < fronts.size(); ++k) fronts[k].reserve(sizes[k - first]);
  for (size_t k = 0; k < members.size(); ++k) {
    const size_t front = first + static_cast<size_t>(ranks[k]);
    if (front < fronts.size()) fronts[front].push_back(members[k]);
  }
}

// Equal violations share a front.
void AppendViolatingFronts(absl::Span<const Outcome* const> outcomes, std::vector<int> members,
                           size_t enough, std::vector<std::vector<int>>& fronts) {
  const auto violation = [&](int i) { return outcomes[static_cast<size_t>(i)]->violation; };
  std::sort(members.begin(), members.end(), [&](int a, int b) {
    return violation(a) != violation(b) ? violation(a) < violation(b) : a < b;
  });
  for (size_t k = 0; k < members.size(); ++k) {
    if (k == 0 || violation(members[k]) != violation(members[k - 1])) {
      if (k >= enough) return;
      fronts.emplace_back();
    }
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

std::vector<std::vector<int>> OutcomeFronts(absl::Span<const Outcome* const> outcomes,
                                            size_t enough) {
  std::vector<std::vector<int>> fronts;
  for (const OutcomeKind kind : {OutcomeKind::kObserved, OutcomeKind::kPartial}) {
    std::vector<int> feasible, violating;
    feasible.reserve(outcomes.size());
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i]->kind != kind) continue;
      (outcomes[i]->feasible() ? feasible : violating).push_back(static_cast<int>(i));
    }
    if (!feasible.empty() && enough > 0) {
      AppendFeasibleFronts(outcomes, feasible, enough, fronts);
      enough -= std::min(enough, feasible.size());
    }
    const size_t more = violating.size();
    AppendViolatingFronts(outcomes, std::move(violating), enough, fronts);
    enough -= std::min(enough, more);
  }
  return fronts;
}

}  // namespace qalam
