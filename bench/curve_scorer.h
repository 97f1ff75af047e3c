#ifndef QALAM_BENCH_CURVE_SCORER_H_
#define QALAM_BENCH_CURVE_SCORER_H_

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "bench/problem.h"
#include "bench/scoring.h"

namespace qalam::bench {

// Follows one run on a problem with learning curves: counts epochs, and scores whole trainings. The
// unit of cost is a whole training. Trials are assignments of the problem's own space, which say
// with their length how far they are trained.
//
// A configuration is an assignment but for the length. It never costs the same epochs twice,
// whoever goes on with it and however they say so; but every evaluation costs one epoch at least,
// so that no run lasts for ever.
class CurveScorer {
 public:
  // `problem` has a TrainingLength, and must outlive the scorer.
  CurveScorer(const Problem& problem, int budget);

  // How many epochs of `trial` its configuration has been trained already; fewer than it asks for.
  double EpochsBefore(const Assignment& trial) const;
  double EpochsOf(const Assignment& trial) const;
  bool IsWhole(const Assignment& trial) const { return EpochsOf(trial) >= full_; }
  // In whole trainings, of as many epochs.
  double CostOf(double epochs) const { return epochs / full_; }

  // `trial` has been trained for `cost` more than before. `clock` and `ask_seconds` are totals.
  // What ends beyond a checkpoint is not known there, and what ends beyond the budget not at all.
  void Add(const Assignment& trial, const Evaluation& evaluation, double cost, double clock,
           double ask_seconds);
  // The optimiser has nothing more to try, or the budget is used: the best stays until the budget,
  // and the last point tells what was stopped. `state` is the one with which trials were evaluated.
  // What was trained last may be short for want of budget, and then does not count as stopped.
  std::vector<CurvePoint> Finish(RunState& state);

  bool done() const { return scorer_.done(); }
  // The cost of everything so far.
  double spent() const { return spent_; }

 private:
  struct Training {
    double epochs = 0;
    std::optional<double> loss;  // the true one of a whole training; infinity when it failed
  };

  Assignment Whole(Assignment trial) const;
  double LossOf(const Evaluation& evaluation) const;
  void Record(double clock, double ask_seconds) { scorer_.Add(best_, clock, ask_seconds); }
  StopAccount CountStopped(RunState& state) const;

  const Problem& problem_;
  const size_t length_;  // the length's place in an assignment
  const double full_;
  Scorer scorer_;
  std::map<Assignment, Training> trained_;  // by configuration, written as its whole training
  Assignment last_;                         // the configuration that was trained last
  Evaluation best_{.failed = true};
  double spent_ = 0;
  double clock_ = 0;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_CURVE_SCORER_H_
