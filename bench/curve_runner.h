#ifndef QALAM_BENCH_CURVE_RUNNER_H_
#define QALAM_BENCH_CURVE_RUNNER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "bench/runner.h"
#include "bench/scoring.h"

namespace qalam::bench {

// Runs one algorithm on a problem with learning curves, which are counted and scored by
// CurveScorer: n of a curve point is the cost of all trials that have ended, and its values are
// those of the best whole training among them. Algorithms that know no resource train every trial
// in full, unless the stopping rule of `spec` stops it: then trials that run at the same time
// report their epochs side by side, the rule judges each of them as in an experiment, and a trial
// that it stops costs what it has trained and ends EarlyStopped with the value of its last epoch.
// The rule has its default settings, but that max_resource, where it has it and it is not given, is
// the length of a training. InvalidArgument for a rule with an algorithm that chooses the resource
// of its trials.
absl::StatusOr<std::vector<CurvePoint>> RunWithCurves(const RunSpec& spec);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_CURVE_RUNNER_H_
