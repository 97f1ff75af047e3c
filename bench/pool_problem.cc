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
  std::vector<double> unit;   // its point in the unit cube
  double value = 0;           // NaN: the trial fails
  double second = 0;          // of the second outcome, where there is one
  std::vector<double> curve;  // by epochs, where there are curves
};

class PoolProblem final : public Problem {
 public:
  PoolProblem(ProblemInfo info, std::vector<PoolRow> rows, SecondOutcome second)
      : Problem(std::move(info)), rows_(std::move(rows)), second_(std::move(second)) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream& noise,
                      RunState& state) const override {
    Evaluation evaluation;
    evaluation.seconds = SimulatedSeconds(noise);
    const std::optional<size_t> row = RowFor(assignment, state);
    if (row.has_value()) evaluation.truth = evaluation.observed = Value(rows_[*row], assignment);
    evaluation.failed = !row.has_value() || !std::isfinite(evaluation.truth);
    if (evaluation.failed) return evaluation;
    second_.AddTo(rows_[*row].second, evaluation);
    return evaluation;
  }

 private:
  std::optional<size_t> RowFor(const Assignment& assignment, RunState& state) const {
    state.used_rows.resize(rows_.size());
    std::vector<double> unit(assignment.size());
    info().space->ToUnit(assignment, absl::MakeSpan(unit));
    if (info().length.has_value()) {
      unit.pop_back();  // the epochs
      const auto known = state.rows_of.find(unit);
      if (known != state.rows_of.end()) return known->second;
    }
    const std::optional<size_t> row = NearestUnused(unit, state.used_rows);
    if (!row.has_value()) return row;
    state.used_rows[*row] = true;
    if (info().length.has_value()) state.rows_of[unit] = *row;
    return row;
  }

  double Value(const PoolRow& row, const Assignment& assignment) const {
    if (!info().length.has_value()) return row.value;
    const double epochs = assignment[static_cast<size_t>(info().length->parameter)];
    return row.curve[static_cast<size_t>(epochs) - 1];
  }

  std::optional<size_t> NearestUnused(const std::vector<double>& unit,
                                      const std::vector<bool>& used) const {
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

// One more parameter, and the values of each row by it.
absl::Status AddCurves(const CsvTable& table, const PoolFormat& format,
                       std::vector<Parameter>& parameters, std::vector<PoolRow>& rows,
                       ProblemInfo& info) {
  const double full = static_cast<double>(format.curve.size());
  info.length = TrainingLength{.parameter = static_cast<int>(parameters.size()), .full = full};
  parameters.push_back({.name = "epochs", .type = ParameterType::kInt, .min = 1, .max = full});
  for (const std::string& name : format.curve) {
    QALAM_ASSIGN_OR_RETURN(const int column, table.Column(name));
    for (int r = 0; r < table.rows(); ++r) rows[r].curve.push_back(table.Number(r, column));
  }
  return absl::OkStatus();
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
  QALAM_ASSIGN_OR_RETURN(SearchSpace space, SearchSpace::Create(parameters));
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
  if (!format.curve.empty()) {
    QALAM_RETURN_IF_ERROR(AddCurves(table, format, parameters, rows, info));
    QALAM_ASSIGN_OR_RETURN(space, SearchSpace::Create(std::move(parameters)));
  }
  info.suite = as.suite.empty() ? suite : as.suite;
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
