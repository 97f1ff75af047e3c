#ifndef QALAM_BENCH_RESULTS_H_
#define QALAM_BENCH_RESULTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/scoring.h"

namespace qalam::bench {

// What names a run.
struct RunKey {
  std::string algorithm;  // with its settings, as it was asked for
  std::string version;    // of the program that the algorithm comes from
  std::string suite;
  std::string task;
  uint64_t seed = 0;
  Mode mode = Mode::kTrue;
  int parallel = 1;
};

// A run and its curve.
struct RunResult {
  RunKey key;
  std::vector<CurvePoint> curve;
};

// "D" and "N", as in the protocol.
const char* ModeName(Mode mode);

// The format in which runs are kept: one row a run and checkpoint, with the columns algorithm,
// version, suite, task, seed, mode, parallel, n, nr, aulc, best, gap, speedup, clock, ask_seconds,
// begun, stopped, missed, saved. `best` and `gap` are empty while every trial has failed, and the
// last four (StopAccount) but for the last row of a run with learning curves.
std::string ResultsHeader();
std::string ResultsRows(const RunResult& result);
// Reads such files, whoever wrote them, older ones without the last four columns included. Rows of
// a run may stand in any order; a run that stands twice counts once (the last). DataLoss naming the
// file when it is another one.
absl::StatusOr<std::vector<RunResult>> ReadResults(const std::vector<std::string>& paths);

// Adds rows to the end of a file in one write, with the header when the file is new or empty, so
// that several processes may write to one file. An older file keeps its columns.
absl::Status AppendResults(const std::string& path, const std::vector<RunResult>& results);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_RESULTS_H_
