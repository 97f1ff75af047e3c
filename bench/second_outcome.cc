#include "bench/second_outcome.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// A table and the row of it that is about a task.
class TaskRow {
 public:
  static absl::StatusOr<TaskRow> Find(const std::string& path, const std::string& suite,
                                      const std::string& task) {
    QALAM_ASSIGN_OR_RETURN(CsvTable table, CsvTable::Read(path));
    for (int r = 0; r < table.rows(); ++r) {
      if (table.Text(r, 0) == suite && table.Text(r, 1) == task) {
        return TaskRow(std::move(table), r);
      }
    }
    return absl::NotFoundError(absl::StrCat(path, " has no row for ", suite, "/", task));
  }

  absl::StatusOr<double> Number(const std::string& column) const {
    QALAM_ASSIGN_OR_RETURN(const int index, table_.Column(column));
    return table_.Number(row_, index);
  }
  absl::StatusOr<std::string> Text(const std::string& column) const {
    QALAM_ASSIGN_OR_RETURN(const int index, table_.Column(column));
    return table_.Text(row_, index);
  }

 private:
  TaskRow(CsvTable table, int row) : table_(std::move(table)), row_(row) {}

  CsvTable table_;
  int row_;
};

}  // namespace

absl::StatusOr<SecondOutcome> SecondOutcome::Objective(const std::string& data,
                                                       const std::string& suite,
                                                       const std::string& task) {
  QALAM_ASSIGN_OR_RETURN(const TaskRow row,
                         TaskRow::Find(data + "/random_search_hypervolume.csv", suite, task));
  SecondOutcome outcome;
  QALAM_ASSIGN_OR_RETURN(outcome.column, row.Text("obj2_min"));
  QALAM_ASSIGN_OR_RETURN(outcome.max_hypervolume, row.Number("hv_full"));
  for (const char* const objective : {"1", "2"}) {
    QALAM_ASSIGN_OR_RETURN(const double ideal, row.Number(absl::StrCat("ideal", objective)));
    QALAM_ASSIGN_OR_RETURN(const double reference, row.Number(absl::StrCat("ref", objective)));
    outcome.reference.push_back(reference);
    outcome.max_hypervolume *= reference - ideal;
  }
  return outcome;
}

absl::StatusOr<SecondOutcome> SecondOutcome::Constraint(const std::string& data,
                                                        const std::string& suite,
                                                        const std::string& task) {
  QALAM_ASSIGN_OR_RETURN(const TaskRow row,
                         TaskRow::Find(data + "/constrained_tasks.csv", suite, task));
  SecondOutcome outcome;
  QALAM_ASSIGN_OR_RETURN(outcome.column, row.Text("constraint"));
  QALAM_ASSIGN_OR_RETURN(outcome.bound, row.Number("threshold_le"));
  QALAM_ASSIGN_OR_RETURN(outcome.optimum, row.Number("best_feasible"));
  QALAM_ASSIGN_OR_RETURN(outcome.median, row.Number("median_all"));
  return outcome;
}

void SecondOutcome::AddTo(const TaskName& as, ProblemInfo& info) const {
  if (column.empty()) return;
  info.suite = as.suite;
  info.task = as.task;
  info.quantiles = RandomQuantiles();
  if (bound.has_value()) {
    const double sign = info.direction == Direction::kMinimize ? 1 : -1;
    info.constraints = 1;
    info.optimum = sign * optimum;
    info.median = sign * median;
  } else {
    info.further = {Direction::kMinimize};
    info.reference = reference;
    info.max_hypervolume = max_hypervolume;
  }
}

void SecondOutcome::AddTo(double value, Evaluation& evaluation) const {
  if (column.empty()) return;
  evaluation.failed |= !std::isfinite(value);
  if (bound.has_value()) {
    evaluation.violations = {value - *bound};
  } else {
    evaluation.further = {value};
  }
}

}  // namespace qalam::bench
