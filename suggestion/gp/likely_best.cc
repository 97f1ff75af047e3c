#include "suggestion/gp/likely_best.h"

#include <cmath>
#include <vector>

#include "suggestion/gp/model.h"

namespace qalam::gp {
namespace {

// With fewer, what is taken for noise is often the function itself.
constexpr size_t kLeastResults = 20;

// Half of what lies between a value's two neighbours at a distance, in the metric's units.
double SpreadAround(const OutputWarp& warp, double value, double distance) {
  return 0.5 * (warp.Invert(value + distance) - warp.Invert(value - distance));
}

// The row of the least predicted value that may count; -1 where there is none.
int BestRow(const TrialTable& table, const std::vector<int>& trials, const Posterior& posterior) {
  int best = -1;
  for (int row = 0; row < static_cast<int>(trials.size()); ++row) {
    const Outcome& outcome = table.outcome(trials[row]);
    if (outcome.kind != OutcomeKind::kObserved || !outcome.feasible()) continue;
    if (best < 0 || posterior.smoothed()(row, 0) < posterior.smoothed()(best, 0)) best = row;
  }
  return best;
}

}  // namespace

std::optional<LikelyBest> FindLikelyBest(const History& history) {
  if (history.objective().count() > 1) return std::nullopt;
  TrialTable table(history.shared_space(), history.objective());
  table.Update(history);
  if (table.encoding().size() == 0 || table.with_loss().size() < kLeastResults) {
    return std::nullopt;
  }
  ModelCache cache;
  const FittedModel model = cache.Get(table, 0);
  if (!model.parameters.noisy()) return std::nullopt;
  std::vector<int> trials;
  Evidence evidence = CollectEvidence(table, model, {});
  evidence.pending.clear();  // what runs says nothing
  const Posterior posterior = MakePosterior(table, 0, model, evidence, {}, nullptr, &trials);
  const int row = BestRow(table, trials, posterior);
  if (row < 0) return std::nullopt;
  Matrix x(posterior.axes(), 1);
  for (int d = 0; d < posterior.axes(); ++d) x(d, 0) = posterior.points()(row, d);
  const double mean = posterior.smoothed()(row, 0);
  const double sign = history.objective().direction_of(0) == Direction::kMinimize ? 1 : -1;
  return LikelyBest{.number = table.number(trials[row]),
                    .predicted = sign * model.warp.Invert(mean),
                    .deviation = SpreadAround(model.warp, mean,
                                              std::sqrt(posterior.Predict(x).variances.front())),
                    .noise = SpreadAround(model.warp, mean, std::sqrt(model.parameters.noise))};
}

}  // namespace qalam::gp
