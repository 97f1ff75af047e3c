#ifndef QALAM_BENCH_SUITES_H_
#define QALAM_BENCH_SUITES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/problem.h"

namespace qalam::bench {

// A family of problems.
struct Suite {
  std::string name;
  std::string summary;      // one line without a full stop
  bool needs_data = false;  // lives in the data folder
  // The tasks that are run when none is named.
  std::vector<std::string> tasks;
  // Counts in the comparison of the tables (protocol): the mean over suites is that of these.
  bool in_tables = false;
  // Its tasks have several objectives or outcome constraints: run only when it is named.
  bool several_outcomes = false;
  // Its tasks have learning curves: run only when it is named. Budgets count whole trainings.
  bool curves = false;
  absl::StatusOr<std::unique_ptr<Problem>> (*load)(const std::string& data,
                                                   const std::string& task) = nullptr;
};

// All suites, in the order in which they are listed.
const std::vector<Suite>& Suites();

// The suites that a comma-separated list stands for: names; "tables" for those with in_tables;
// "functions" for those that need no data; "curves" for those with curves; "all" for all but those
// with several_outcomes or curves. NotFound with the list of names otherwise.
absl::StatusOr<std::vector<const Suite*>> SelectSuites(absl::string_view list);

// Loads one task. `data` may be empty when the suite needs no data; otherwise FailedPrecondition
// says how to give it. NotFound, naming the suite's tasks, when there is no such task. DataLoss
// when its files are damaged.
absl::StatusOr<std::unique_ptr<Problem>> LoadProblem(const Suite& suite, const std::string& task,
                                                     const std::string& data);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SUITES_H_
