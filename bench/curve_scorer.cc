#include "bench/curve_scorer.h"

#include <algorithm>
#include <utility>

#include "core/infinity.h"

namespace qalam::bench {
namespace {

// Sums of shares of a training miss whole numbers by a rounding error.
constexpr double kRounding = 1e-9;

}  // namespace

CurveScorer::CurveScorer(const Problem& problem, int budget)
    : problem_(problem),
      length_(static_cast<size_t>(problem.info().length->parameter)),
      full_(problem.info().length->full),
      scorer_(problem, budget) {}

double CurveScorer::EpochsOf(const Assignment& trial) const { return trial[length_]; }

double CurveScorer::EpochsBefore(const Assignment& trial) const {
  const auto it = trained_.find(Whole(trial));
  return it == trained_.end() ? 0 : std::min(it->second.epochs, EpochsOf(trial) - 1);
}

Assignment CurveScorer::Whole(Assignment trial) const {
  trial[length_] = full_;
  return trial;
}

double CurveScorer::LossOf(const Evaluation& evaluation) const {
  return evaluation.failed ? kInfinity : problem_.Loss(evaluation.truth);
}

void CurveScorer::Add(const Assignment& trial, const Evaluation& evaluation, double cost,
                      double clock, double ask_seconds) {
  spent_ += cost;
  last_ = Whole(trial);
  while (!done() && scorer_.evaluations() + 1 < spent_ - kRounding) Record(clock_, ask_seconds);
  clock_ = clock;
  if (done()) return;
  Training& training = trained_[last_];
  training.epochs = std::max(training.epochs, EpochsOf(trial));
  if (IsWhole(trial)) {
    training.loss = LossOf(evaluation);
    if (!evaluation.failed &&
        (best_.failed || problem_.Loss(evaluation.observed) < problem_.Loss(best_.observed))) {
      best_ = evaluation;
    }
  }
  while (!done() && scorer_.evaluations() + 1 <= spent_ + kRounding) Record(clock_, ask_seconds);
}

std::vector<CurvePoint> CurveScorer::Finish(RunState& state) {
  scorer_.Exhaust();
  std::vector<CurvePoint> curve = scorer_.curve();
  curve.back().stops = CountStopped(state);
  return curve;
}

StopAccount CurveScorer::CountStopped(RunState& state) const {
  StopAccount account;
  double epochs = 0;
  double best = kInfinity;
  std::vector<double> stopped;  // losses that they would have come to
  for (const auto& [whole, training] : trained_) {
    if (!training.loss.has_value() && whole == last_) continue;
    ++account.begun;
    epochs += training.epochs;
    if (training.loss.has_value()) {
      best = std::min(best, *training.loss);
    } else {
      RandomStream noise = NoiseStream(0, account.begun);
      stopped.push_back(LossOf(problem_.Evaluate(whole, Mode::kTrue, noise, state)));
    }
  }
  account.stopped = static_cast<int>(stopped.size());
  account.missed = static_cast<int>(
      std::count_if(stopped.begin(), stopped.end(), [best](double loss) { return loss < best; }));
  if (account.begun > 0) account.saved = 1 - epochs / (full_ * account.begun);
  return account;
}

}  // namespace qalam::bench
