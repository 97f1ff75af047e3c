#ifndef QALAM_BENCH_OUTCOME_PROBLEM_H_
#define QALAM_BENCH_OUTCOME_PROBLEM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/problem.h"

namespace qalam::bench {

// Suites "multi_objective" and "constrained": the functions of outcome_functions.h. They are always
// shown as they are, without noise. The median of one with constraints is that of feasible random
// points.
std::vector<std::string> MultiObjectiveTasks();
std::vector<std::string> ConstrainedTasks();
absl::StatusOr<std::unique_ptr<Problem>> MakeMultiObjectiveProblem(const std::string& task);
absl::StatusOr<std::unique_ptr<Problem>> MakeConstrainedProblem(const std::string& task);

// Suites "multi_objective_tables" and "constrained_tables": tasks of the table suites, named
// SUITE/TASK, with a second outcome to minimise or to bound. How much hypervolume there is, and
// which bound, comes from DATA/random_search_hypervolume.csv and DATA/constrained_tasks.csv.
absl::StatusOr<std::unique_ptr<Problem>> LoadMultiObjectiveTable(const std::string& data,
                                                                 const std::string& task);
absl::StatusOr<std::unique_ptr<Problem>> LoadConstrainedTable(const std::string& data,
                                                              const std::string& task);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_OUTCOME_PROBLEM_H_
