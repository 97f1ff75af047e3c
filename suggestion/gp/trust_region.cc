#include "suggestion/gp/trust_region.h"

#include <algorithm>

namespace qalam::gp {
namespace {

constexpr int kOftenFromAxes = 7;
constexpr int kSeldomFromAxes = 5;
constexpr double kFirstRadius = 0.4;
constexpr double kLeastRadius = 0.01;
// Of several losses, which have no best trial.
constexpr double kFixedRadius = 0.2;
constexpr int kSuccessesToGrow = 2;
constexpr int kLeastFailuresToShrink = 3;

}  // namespace

bool IsLocalTrial(int axes, int64_t number) {
  if (axes >= kOftenFromAxes) return number % 2 == 0;
  return axes >= kSeldomFromAxes && number % 4 == 2;
}

double TrustRadius(const TrialTable& table, int64_t first) {
  if (table.losses() > 1) return kFixedRadius;
  const int axes = table.encoding().size();
  const int failures_to_shrink = std::max(kLeastFailuresToShrink, axes / 3);
  double radius = kFirstRadius;
  const Outcome* best = nullptr;
  int successes = 0;
  int failures = 0;
  for (const int i : table.with_loss()) {
    const Outcome& outcome = table.outcome(i);
    const bool better = best == nullptr || Better(outcome, *best);
    if (better) best = &outcome;
    if (table.number(i) < first || !IsLocalTrial(axes, table.number(i))) continue;
    successes = better ? successes + 1 : 0;
    failures = better ? 0 : failures + 1;
    if (successes == kSuccessesToGrow) {
      radius = std::min(kFirstRadius, 2 * radius);
      successes = 0;
    }
    if (failures == failures_to_shrink) {
      radius /= 2;
      failures = 0;
    }
    if (radius < kLeastRadius) radius = kFirstRadius;
  }
  return radius;
}

}  // namespace qalam::gp
