#ifndef QALAM_BENCH_SECOND_OUTCOME_H_
#define QALAM_BENCH_SECOND_OUTCOME_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/problem.h"

namespace qalam::bench {

// What a task is called where that is not the names of its files.
struct TaskName {
  std::string suite;
  std::string task;
};

// What a task of a table has beside its objective: a column, or an output of a network, that is to
// be minimised as well, or to stay below a bound. Trials without a value of it fail.
struct SecondOutcome {
  std::string column;           // empty: there is none
  std::optional<double> bound;  // "at most"; without one it is an objective
  // Of an objective: as in ProblemInfo.
  std::vector<double> reference = {};
  double max_hypervolume = 0;
  // Of a bound: the best feasible value of the first objective, and the median of all.
  double optimum = 0;
  double median = 0;

  // From the rows for SUITE/TASK of DATA/random_search_hypervolume.csv and
  // DATA/constrained_tasks.csv. NotFound when there is none.
  static absl::StatusOr<SecondOutcome> Objective(const std::string& data, const std::string& suite,
                                                 const std::string& task);
  static absl::StatusOr<SecondOutcome> Constraint(const std::string& data, const std::string& suite,
                                                  const std::string& task);

  // Adds itself to a problem's description and to an evaluation; nothing when there is none.
  void AddTo(const TaskName& as, ProblemInfo& info) const;
  void AddTo(double value, Evaluation& evaluation) const;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SECOND_OUTCOME_H_
