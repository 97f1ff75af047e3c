#ifndef QALAM_BENCH_LATENCY_H_
#define QALAM_BENCH_LATENCY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bench/runner.h"
#include "core/search_space.h"

namespace qalam::bench {

// What is timed: one suggestion after `history` finished trials.
struct LatencyCase {
  AlgorithmChoice algorithm;
  bool mixed = false;  // else doubles alone
  int dimensions = 4;
  int history = 100;
  int asks = 11;       // suggestions to time, each finished before the next
  int objectives = 1;  // minimised together; at least 1
};

// Milliseconds; CPU time of the asking thread unless it says wall.
struct LatencyResult {
  double cold = 0;  // the first suggestion of a new instance, which knows nothing yet
  double median = 0;
  double p90 = 0;
  double wall_median = 0;
  int64_t resident_bytes = 0;  // of the process, after the last suggestion
};

// Doubles in [0, 1]; a mixed space has, of every four parameters, a double, a double on a
// logarithmic scale, an int and one of five categories.
std::shared_ptr<const SearchSpace> LatencySpace(bool mixed, int dimensions);

// The history is of random points. The objective is the squared distance to 0.3 in the unit cube;
// further ones are those to other places on its diagonal.
absl::StatusOr<LatencyResult> MeasureLatency(const LatencyCase& measured);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_LATENCY_H_
