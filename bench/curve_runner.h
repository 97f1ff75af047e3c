#ifndef QALAM_BENCH_CURVE_RUNNER_H_
#define QALAM_BENCH_CURVE_RUNNER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "bench/runner.h"
#include "bench/scoring.h"

namespace qalam::bench {

// Runs one algorithm on a problem with learning curves. A trial costs the epochs that it trains
// beyond those of the trial that it goes on from (core/trial_labels.h), in whole trainings; n of a
// curve point is the cost of all trials that have ended, and its values are those of the best whole
// training among them. Algorithms that know no resource train every trial in full.
absl::StatusOr<std::vector<CurvePoint>> RunWithCurves(const RunSpec& spec);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_CURVE_RUNNER_H_
