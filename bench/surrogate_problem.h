#ifndef QALAM_BENCH_SURROGATE_PROBLEM_H_
#define QALAM_BENCH_SURROGATE_PROBLEM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/problem.h"
#include "bench/second_outcome.h"

namespace qalam::bench {

// Which network, and which of its outputs, a suite of surrogates uses.
struct SurrogateFormat {
  std::string scenario;   // "lcbench"
  std::string objective;  // the output that is optimised
  Direction direction = Direction::kMaximize;
  std::string seconds;  // the output that is a training's run time
  // The fidelity that is the length of a training, to be the last parameter of the space; empty:
  // every training is run in full.
  std::string length = {};
};

// An instance of a YAHPO Gym scenario, other fidelities being the full ones. Reads DATA/yahpo/, and
// the optimum and the quantiles of random search, which no one can compute from a network, from
// DATA/random_search_baseline.csv and DATA/task_quantiles.csv. A parameter whose condition does not
// hold is part of the space all the same and has no effect. NotFound, naming what there is, for
// another instance. With `second` the task has one outcome more. It is called `as`, where given.
absl::StatusOr<std::unique_ptr<Problem>> LoadSurrogateProblem(
    const std::string& data, const std::string& suite, const std::string& instance,
    const SurrogateFormat& format, const TaskName& as = {}, const SecondOutcome& second = {});

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SURROGATE_PROBLEM_H_
