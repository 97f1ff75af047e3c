#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "bench/json_space.h"
#include "bench/table_problem.h"
#include "core/infinity.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// Pools smaller than this are searched to one half at most (protocol).
constexpr int kSmallPool = 400;

struct PoolRow {
  std::vector<double> unit;  // its point in the unit cube
  double value = 0;          // NaN: the trial fails
  double second = 0;         // of the second outcome, where there is one
};

class PoolProblem final : public Problem {
 public:
  PoolProblem(ProblemInfo info, std::vector<PoolRow> rows, SecondOutcome second)
      : Problem(std::move(info)), rows_(std::move(rows)), second_(std::move(second)) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream& noise,
                      RunState& state) const override {
    Evaluation evaluation;
    evaluation.seconds = SimulatedSeconds(noise);
    state.used_rows.resize(rows_.size());
    const std::optional<size_t> row = NearestUnused(assignment, state.used_rows);
    evaluation.failed = !row.has_value() || !std::isfinite(rows_[*row].value);
    if (row.has_value()) state.used_rows[*row] = true;
    if (evaluation.failed) return evaluation;
    evaluation.truth = evaluation.observed = rows_[*row].value;
    second_.AddTo(rows_[*row].second, evaluation);
    return evaluation;
  }

 private:
  std::optional<size_t> NearestUnused(const Assignment& assignment,
                                      const std::vector<bool>& used) const {
    std::vector<double> unit(assignment.size());
    info().space->ToUnit(assignment, absl::MakeSpan(unit));
    std::optional<size_t> nearest;
    double least = kInfinity;
    for (size_t r = 0; r < rows_.size(); ++r) {
      if (used[r]) continue;
      double distance = 0;
      for (size_t i = 0; i < unit.size(); ++i) {
        distance += (unit[i] - rows_[r].unit[i]) * (unit[i] - rows_[r].unit[i]);
      }
      if (distance < least) {
        least = distance;
        nearest = r;
      }
    }
    return nearest;
  }

  std::vector<PoolRow> rows_;
  SecondOutcome second_;
};

// A space.json gives no choices where they differ between tasks: those that occur are taken.
absl::StatusOr<Parameter> PoolParameter(Json entry, const CsvTable& table, int column) {
  if (!entry.contains("choices") && !entry.contains("lower")) {
    std::set<double> values;
    for (int r = 0; r < table.rows(); ++r) values.insert(table.Number(r, column));
    entry["choices"] = Json::array();
    for (const double value : values) entry["choices"].push_back(value);
  }
  return ParameterFromJson(entry);
}

// "1-beta1 is log-uniform": the parameter that is searched is 1 - beta1.
bool IsReversed(const Json& entry) { return entry.contains("reverse"); }

double SearchedValue(const Json& entry, const CsvTable& table, int row, int column) {
  const double value = table.Number(row, column);
  return IsReversed(entry) ? 1 - value : value;
}

absl::StatusOr<PoolRow> ReadRow(const CsvTable& table, int r, const Json& entries,
                                const SearchSpace& space, int objective) {
  PoolRow row;
  for (int i = 0; i < space.size(); ++i) {
    const Json& entry = entries[static_cast<size_t>(i)];
    QALAM_ASSIGN_OR_RETURN(const int column, table.Column(entry.value("name", "")));
    const double number = SearchedValue(entry, table, r, column);
    if (std::isnan(number)) {
      return absl::DataLossError(absl::StrCat("row ", r + 1, " has no number for parameter \"",
                                              entry.value("name", ""), "\""));
    }
    const Parameter& parameter = space.parameter(i);
    QALAM_ASSIGN_OR_RETURN(const double value, parameter.ParseValue(FormatNumber(number)));
    row.unit.push_back(parameter.ToUnit(value));
  }
  row.value = table.Number(r, objective);
  return row;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Problem>> LoadPoolProblem(
    const std::string& data, const std::string& suite, const std::string& task,
    const PoolFormat& format, const TaskName& as, const SecondOutcome& second) {
  const std::string folder = absl::StrCat(data, "/", suite);
  QALAM_ASSIGN_OR_RETURN(const Json description, ReadJsonFile(folder + "/space.json"));
  QALAM_ASSIGN_OR_RETURN(const CsvTable table,
                         CsvTable::Read(absl::StrCat(folder, "/", task, ".csv.gz")));
  std::vector<Parameter> parameters;
  for (const Json& entry : description.at("params")) {
    QALAM_ASSIGN_OR_RETURN(const int column, table.Column(entry.value("name", "")));
    QALAM_ASSIGN_OR_RETURN(Parameter parameter, PoolParameter(entry, table, column));
    if (IsReversed(entry)) parameter.name = absl::StrCat("one_minus_", parameter.name);
    parameters.push_back(std::move(parameter));
  }
  QALAM_ASSIGN_OR_RETURN(SearchSpace space, SearchSpace::Create(std::move(parameters)));
  QALAM_ASSIGN_OR_RETURN(const int objective, table.Column(format.objective));
  std::optional<int> second_column;
  if (!second.column.empty()) {
    QALAM_ASSIGN_OR_RETURN(second_column, table.Column(second.column));
  }
  std::vector<PoolRow> rows;
  for (int r = 0; r < table.rows(); ++r) {
    QALAM_ASSIGN_OR_RETURN(PoolRow row,
                           ReadRow(table, r, description.at("params"), space, objective));
    if (second_column.has_value()) row.second = table.Number(r, *second_column);
    rows.push_back(std::move(row));
  }

  ProblemInfo info;
  info.suite = suite;
  info.task = task;
  info.direction = format.direction;
  const double sign = info.direction == Direction::kMinimize ? 1 : -1;
  std::vector<double> losses;
  for (const PoolRow& row : rows) {
    losses.push_back(std::isfinite(row.value) ? sign * row.value : kInfinity);
  }
  info.optimum = sign * *std::min_element(losses.begin(), losses.end());
  info.quantiles = RandomQuantiles::FromLosses(std::move(losses));
  info.median = sign * info.quantiles.Median();
  info.space = std::make_shared<const SearchSpace>(std::move(space));
  if (table.rows() < kSmallPool) info.max_budget = table.rows() / 2;
  second.AddTo(as, info);
  return std::make_unique<PoolProblem>(std::move(info), std::move(rows), second);
}

}  // namespace qalam::bench
