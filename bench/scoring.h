#ifndef QALAM_BENCH_SCORING_H_
#define QALAM_BENCH_SCORING_H_

#include <optional>
#include <vector>

#include "bench/problem.h"

namespace qalam::bench {

// What became of the configurations of a run with learning curves. One that was never trained in
// full counts as stopped, whether it was given up or only waits for its turn to go on.
struct StopAccount {
  int begun = 0;    // configurations that were trained at all
  int stopped = 0;  // those of them that were stopped
  // Those of the stopped that come to better in full than the best whole training of the run: when
  // there is one, the best of all that were begun is among them.
  int missed = 0;
  double saved =
      0;  // of the epochs of training all of them in full, the share that was not trained
};

// The state of a run after some evaluations. Values are those of the incumbent: the feasible trial
// with the best observed value, judged by its true one. Where there are several objectives they are
// those of all feasible trials together: `best` is their hypervolume, `nr` the share of the largest
// one that is missing.
struct CurvePoint {
  int n = 0;  // evaluations finished, failed ones included
  // Normalised regret, clip((z - z*) / (zm - z*), 0, 1) with the optimum z* and the median random
  // point zm; 1 while every trial has failed.
  double nr = 1;
  // The mean of nr over 1 .. n on a logarithmic axis (weights log((k + 1) / k)).
  double aulc = 1;
  std::optional<double> best;  // true value, in the problem's direction; absent while all failed
  std::optional<double> gap;   // distance to the optimum, >= 0
  // Evaluations that random search needs in expectation to be as good, divided by n.
  // NaN where that is not known.
  double speedup = 0;
  double clock = 0;        // simulated seconds since the start
  double ask_seconds = 0;  // CPU seconds that the optimiser has used so far
  // Of the last point of a run with learning curves.
  std::optional<StopAccount> stops = std::nullopt;
};

// The evaluations after which a run is recorded: 1 to 6, then about ten a decade, 10, 20, 25, 50,
// 100 and 200 among them, and `budget` itself.
std::vector<int> Checkpoints(int budget);

// Follows one run.
class Scorer {
 public:
  // `problem` must outlive the scorer and have an optimum and a median, or several objectives.
  Scorer(const Problem& problem, int budget);

  // One more evaluation has finished. `clock` and `ask_seconds` are totals. `likely`: the true
  // value of the trial to be judged now in place of the best measurement.
  void Add(const Evaluation& evaluation, double clock, double ask_seconds,
           std::optional<double> likely = std::nullopt);
  // The optimiser has nothing more to try: the incumbent stays until the budget.
  void Exhaust();

  int evaluations() const { return now_.n; }
  bool done() const { return now_.n >= budget_; }
  const CurvePoint& now() const { return now_; }
  // One point for each checkpoint that has been passed.
  const std::vector<CurvePoint>& curve() const { return curve_; }

 private:
  void AddIncumbent(const Evaluation& evaluation);
  void JudgeIncumbent(double truth);
  void AddToFront(const Evaluation& evaluation);
  void Advance();

  const Problem& problem_;
  const int budget_;
  std::vector<int> checkpoints_;
  std::optional<double> best_observed_loss_;
  double truth_of_best_ = 0;   // of the trial that was observed so
  std::vector<double> front_;  // rows of losses that add to the hypervolume
  double weighted_sum_ = 0;
  CurvePoint now_;
  std::vector<CurvePoint> curve_;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SCORING_H_
