#ifndef QALAM_BENCH_TABLE_PROBLEM_H_
#define QALAM_BENCH_TABLE_PROBLEM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/problem.h"
#include "bench/second_outcome.h"

namespace qalam::bench {

// The suites that are complete tables, one row for each point of the space.
// Reads DATA/SUITE/space.json and DATA/SUITE/TASK.csv.gz: columns i_<parameter> (or <parameter>)
// with indices of choices, and y0, y1, ... with the results of the seeds (or `valid_perf`). Rows
// without a result are trials that fail. NotFound when there is no such file, DataLoss when
// it does not hold what it should. With `second` the task has one outcome more and is called `as`.
absl::StatusOr<std::unique_ptr<Problem>> LoadGridProblem(const std::string& data,
                                                         const std::string& suite,
                                                         const std::string& task,
                                                         const TaskName& as = {},
                                                         const SecondOutcome& second = {});

// The suites that are pools: given points with their results. A proposed point is snapped to the
// nearest row that the run has not used (in the unit cube, logarithmic where marked); the optimiser
// is told the row's value as that of its own point. Columns are the parameters' names and
// `objective`.
struct PoolFormat {
  std::string objective;  // the column
  Direction direction = Direction::kMinimize;
  // Of learning curves: the columns with the values after 1, 2, ... epochs, the last one being
  // `objective`. The space has one more parameter then, "epochs", and a configuration keeps its
  // row.
  std::vector<std::string> curve = {};
};
absl::StatusOr<std::unique_ptr<Problem>> LoadPoolProblem(
    const std::string& data, const std::string& suite, const std::string& task,
    const PoolFormat& format, const TaskName& as = {}, const SecondOutcome& second = {});

}  // namespace qalam::bench

#endif  // QALAM_BENCH_TABLE_PROBLEM_H_
