#ifndef QALAM_BENCH_RUNNER_H_
#define QALAM_BENCH_RUNNER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/problem.h"
#include "bench/results.h"
#include "suggestion/registry.h"

namespace qalam::bench {

// An algorithm and its settings, as written on a command line: "tpe" or
// "tpe:n_startup_trials=20:multivariate=false".
struct AlgorithmChoice {
  std::string label;  // as written
  std::string name;
  Settings settings;
};
// NotFound for an unknown algorithm, InvalidArgument for a setting that is not NAME=VALUE. Values
// are checked when the algorithm is made for a problem.
absl::StatusOr<AlgorithmChoice> ParseAlgorithm(absl::string_view text);

// A stopping rule and its settings, written in the same way: "asha:eta=4".
struct StopperChoice {
  std::string label;  // as written; empty for none
  std::string name = "none";
  Settings settings;
};
// As ParseAlgorithm. "none" has no label.
absl::StatusOr<StopperChoice> ParseStopper(absl::string_view text);

// One run to be made.
struct RunSpec {
  AlgorithmChoice algorithm;
  // For problems with learning curves, and algorithms that do not choose the resource of a trial.
  StopperChoice stopper = {};
  const Problem* problem = nullptr;
  uint64_t seed = 0;
  // Of finished evaluations; at most the problem's max_budget counts. Where there are learning
  // curves: of whole trainings' worth of epochs.
  int budget = 200;
  int parallel = 1;  // simulated workers
  Mode mode = Mode::kTrue;
  // Whether the trial that is judged at each checkpoint is the one that a Gaussian process of all
  // results makes the most likely best (gp::FindLikelyBest), and not the best measurement.
  bool likely = false;
};
// What runs of a spec are called: "tpe", "tpe+asha", "tpe+likely".
std::string LabelOf(const RunSpec& spec);

// The budget of a run: what was asked for, and no more than makes sense for the problem.
int EffectiveBudget(const Problem& problem, int budget);

// Runs one algorithm on one problem. Trials last as long as the problem says on a simulated clock;
// as soon as one of the workers is free it asks for the next, the others being pending. The curve
// is a function of the spec alone, but for ask_seconds. An error of the algorithm is returned.
absl::StatusOr<RunResult> RunOne(const RunSpec& spec);

// Runs all in `jobs` threads and returns the results in the order of the specs. `finished` is told
// of each run as it ends, from one thread at a time. After an error no more runs are begun.
absl::StatusOr<std::vector<RunResult>> RunAll(
    const std::vector<RunSpec>& specs, int jobs,
    const std::function<void(const RunResult& result, int done)>& finished);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_RUNNER_H_
