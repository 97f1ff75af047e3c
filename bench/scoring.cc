#include "bench/scoring.h"

#include <algorithm>
#include <cmath>

namespace qalam::bench {

std::vector<int> Checkpoints(int budget) {
  constexpr int kDecade[] = {10, 13, 16, 20, 25, 32, 40, 50, 63, 80};
  std::vector<int> checkpoints;
  for (const int n : {1, 2, 3, 4, 5, 6, 8}) {
    if (n < budget) checkpoints.push_back(n);
  }
  for (int64_t scale = 1; 10 * scale < budget; scale *= 10) {
    for (const int n : kDecade) {
      if (n * scale < budget) checkpoints.push_back(static_cast<int>(n * scale));
    }
  }
  checkpoints.push_back(budget);
  return checkpoints;
}

Scorer::Scorer(const Problem& problem, int budget)
    : problem_(problem), budget_(budget), checkpoints_(Checkpoints(budget)) {}

void Scorer::Add(const Evaluation& evaluation, double clock, double ask_seconds) {
  const double observed = problem_.Loss(evaluation.observed);
  if (!evaluation.failed && !std::isnan(observed) &&
      (!best_observed_loss_ || observed < *best_observed_loss_)) {
    best_observed_loss_ = observed;
    const ProblemInfo& info = problem_.info();
    const double loss = problem_.Loss(evaluation.truth);
    const double optimum = problem_.Loss(*info.optimum);
    const double median = problem_.Loss(*info.median);
    now_.best = evaluation.truth;
    now_.gap = std::max(0.0, loss - optimum);
    now_.nr = median > optimum ? std::clamp((loss - optimum) / (median - optimum), 0.0, 1.0)
                               : (loss > optimum ? 1.0 : 0.0);
  }
  now_.clock = clock;
  now_.ask_seconds = ask_seconds;
  Advance();
}

void Scorer::Exhaust() {
  while (!done()) Advance();
}

void Scorer::Advance() {
  const double n = ++now_.n;
  weighted_sum_ += now_.nr * std::log((n + 1) / n);
  now_.aulc = weighted_sum_ / std::log(n + 1);
  now_.speedup = now_.best && !problem_.info().quantiles.empty()
                     ? problem_.info().quantiles.EvaluationsNeeded(problem_.Loss(*now_.best)) / n
                     : 0;
  if (std::binary_search(checkpoints_.begin(), checkpoints_.end(), now_.n)) {
    curve_.push_back(now_);
  }
}

}  // namespace qalam::bench
