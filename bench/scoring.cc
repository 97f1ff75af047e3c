#include "bench/scoring.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/dominance.h"
#include "math/hypervolume.h"

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

void Scorer::Add(const Evaluation& evaluation, double clock, double ask_seconds,
                 std::optional<double> likely) {
  if (!evaluation.failed && !std::isnan(evaluation.observed) && evaluation.feasible()) {
    if (problem_.info().further.empty()) {
      AddIncumbent(evaluation);
    } else {
      AddToFront(evaluation);
    }
  }
  if (best_observed_loss_.has_value()) JudgeIncumbent(likely.value_or(truth_of_best_));
  now_.clock = clock;
  now_.ask_seconds = ask_seconds;
  Advance();
}

void Scorer::AddIncumbent(const Evaluation& evaluation) {
  const double observed = problem_.Loss(evaluation.observed);
  if (best_observed_loss_.has_value() && observed >= *best_observed_loss_) return;
  best_observed_loss_ = observed;
  truth_of_best_ = evaluation.truth;
}

void Scorer::JudgeIncumbent(double truth) {
  const ProblemInfo& info = problem_.info();
  const double loss = problem_.Loss(truth);
  const double optimum = problem_.Loss(*info.optimum);
  const double median = problem_.Loss(*info.median);
  now_.best = truth;
  now_.gap = std::max(0.0, loss - optimum);
  now_.nr = median > optimum ? std::clamp((loss - optimum) / (median - optimum), 0.0, 1.0)
                             : (loss > optimum ? 1.0 : 0.0);
}

void Scorer::AddToFront(const Evaluation& evaluation) {
  const ProblemInfo& info = problem_.info();
  std::vector<double> losses = {problem_.Loss(evaluation.truth)};
  for (size_t i = 0; i < info.further.size(); ++i) {
    const double value = evaluation.further[i];
    losses.push_back(info.further[i] == Direction::kMinimize ? value : -value);
  }
  const LossRows front{front_, static_cast<int>(losses.size())};
  const double gain = HypervolumeGain(front, losses, info.reference);
  if (!(gain > 0)) return;
  now_.best = now_.best.value_or(0) + gain;
  now_.gap = std::max(0.0, info.max_hypervolume - *now_.best);
  now_.nr = std::min(1.0, *now_.gap / info.max_hypervolume);
  std::vector<double> rows;
  for (int i = 0; i < front.size(); ++i) {
    const absl::Span<const double> row = front.row(i);
    if (!Dominates(losses, row)) rows.insert(rows.end(), row.begin(), row.end());
  }
  rows.insert(rows.end(), losses.begin(), losses.end());
  front_ = std::move(rows);
}

void Scorer::Exhaust() {
  while (!done()) Advance();
}

void Scorer::Advance() {
  const double n = ++now_.n;
  weighted_sum_ += now_.nr * std::log((n + 1) / n);
  now_.aulc = weighted_sum_ / std::log(n + 1);
  const RandomQuantiles& quantiles = problem_.info().quantiles;
  if (quantiles.empty()) {
    now_.speedup = std::nan("");
  } else if (now_.best.has_value()) {
    now_.speedup = quantiles.EvaluationsNeeded(problem_.Loss(*now_.best)) / n;
  }
  if (std::binary_search(checkpoints_.begin(), checkpoints_.end(), now_.n)) {
    curve_.push_back(now_);
  }
}

}  // namespace qalam::bench
