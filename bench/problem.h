#ifndef QALAM_BENCH_PROBLEM_H_
#define QALAM_BENCH_PROBLEM_H_

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/objective.h"
#include "core/random_stream.h"
#include "core/search_space.h"

namespace qalam::bench {

// What an evaluation shows to the optimiser.
enum class Mode {
  kTrue,   // protocol D: the true value (the mean over a table's seeds)
  kNoisy,  // protocol N: one drawn seed of the table, or the function's value with normal noise
};

// The result of trying one point. Values are in the problem's own direction.
struct Evaluation {
  bool failed = false;  // the trial failed: there is no value
  double observed = 0;  // what the optimiser is told
  double truth = 0;     // what it is scored by; equals `observed` in mode kTrue
  double seconds = 1;   // simulated run time, > 0
  // The further objectives and the violations of the constraints, which are shown as they are.
  std::vector<double> further = {};
  std::vector<double> violations = {};

  bool feasible() const {
    return std::all_of(violations.begin(), violations.end(), [](double v) { return v <= 0; });
  }
};

// What a run has used up. Only pools of given points need it; others leave it empty.
struct RunState {
  std::vector<bool> used_rows;
  // Where a training can be gone on with: the row that each configuration was given.
  std::map<std::vector<double>, size_t> rows_of;
};

// How much of a training a trial may use.
struct TrainingLength {
  int parameter = 0;  // its index in the space
  double full = 0;    // its value for a whole training, which is what is scored
};

// How good random search is: which share of random points is at least as good as a loss.
class RandomQuantiles {
 public:
  RandomQuantiles() = default;
  // From the losses (smaller is better; infinity for failures) of random points, or of all points.
  static RandomQuantiles FromLosses(std::vector<double> losses);
  // From given pairs (share, loss), with increasing shares in [0, 1].
  static RandomQuantiles FromPairs(const std::vector<std::pair<double, double>>& pairs);

  bool empty() const { return pairs_.empty(); }
  // The loss of the median random point.
  double Median() const;
  // How many random points it takes in expectation to reach `loss`: 1/q - 1, where q is the share
  // of points that are at least as good. Bounded by the number of points behind the quantiles.
  double EvaluationsNeeded(double loss) const;

 private:
  std::vector<std::pair<double, double>> pairs_;
};

// Everything there is to know of a problem beside the function itself.
struct ProblemInfo {
  std::string suite;
  std::string task;
  std::shared_ptr<const SearchSpace> space;
  Direction direction = Direction::kMinimize;
  // In the problem's direction; the score needs both. Optimisers never see them.
  std::optional<double> optimum;
  std::optional<double> median;
  RandomQuantiles quantiles;
  // The most evaluations that make sense (half of a small pool); absent when there is no limit.
  std::optional<int> max_budget;
  // The optimum is exact to the last digits, so that log10 of the distance to it tells something.
  bool exact_optimum = false;

  // The directions of the objectives after the first. With them, hypervolume is what counts, and
  // there is neither optimum nor median.
  std::vector<Direction> further;
  // In losses, one for each objective: beyond it a point adds nothing to the hypervolume.
  std::vector<double> reference;
  double max_hypervolume = 0;
  // How many outcome constraints there are.
  int constraints = 0;

  // Of problems with learning curves: an evaluation shows what its training has reached by then.
  std::optional<TrainingLength> length;
};

// What an optimiser is told to do.
Objective ObjectiveOf(const ProblemInfo& info);

// A task of a benchmark. Immutable and shared between threads.
class Problem {
 public:
  explicit Problem(ProblemInfo info) : info_(std::move(info)) {}
  virtual ~Problem() = default;

  const ProblemInfo& info() const { return info_; }
  // Tries one point: a function of the arguments alone. `noise` names all that is random of this
  // evaluation (noise and simulated run time).
  virtual Evaluation Evaluate(const Assignment& assignment, Mode mode, RandomStream& noise,
                              RunState& state) const = 0;

  // `value` so that smaller is better.
  double Loss(double value) const {
    return info_.direction == Direction::kMinimize ? value : -value;
  }

 private:
  ProblemInfo info_;
};

// A simulated run time for problems that have none of their own: log-normal around one second.
double SimulatedSeconds(RandomStream& noise);
// The stream of a run's n-th evaluation (n from 0). It is independent of the optimiser's streams.
RandomStream NoiseStream(uint64_t seed, int n);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_PROBLEM_H_
