#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "bench/json_space.h"
#include "bench/table_problem.h"
#include "core/infinity.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// The results of the seeds, row by row; rows are numbered with the first parameter slowest.
struct GridResult {
  std::vector<float> seeds;
  double second = 0;
};

class GridProblem final : public Problem {
 public:
  GridProblem(ProblemInfo info, std::vector<GridResult> results, SecondOutcome second)
      : Problem(std::move(info)), results_(std::move(results)), second_(std::move(second)) {}

  Evaluation Evaluate(const Assignment& assignment, Mode mode, RandomStream& noise,
                      RunState&) const override {
    size_t row = 0;
    for (int i = 0; i < info().space->size(); ++i) {
      const Parameter& parameter = info().space->parameter(i);
      row = row * parameter.list.size() + static_cast<size_t>(parameter.IndexOf(assignment[i]));
    }
    Evaluation evaluation;
    evaluation.seconds = SimulatedSeconds(noise);
    const std::vector<float>& seeds = results_[row].seeds;
    evaluation.failed = seeds.empty();
    if (evaluation.failed) return evaluation;
    evaluation.truth = Mean(seeds);
    evaluation.observed = mode == Mode::kTrue ? evaluation.truth : seeds[noise.Below(seeds.size())];
    second_.AddTo(results_[row].second, evaluation);
    return evaluation;
  }

  static double Mean(const std::vector<float>& seeds) {
    double sum = 0;
    for (const float y : seeds) sum += y;
    return sum / static_cast<double>(seeds.size());
  }

 private:
  std::vector<GridResult> results_;
  SecondOutcome second_;
};

struct GridColumns {
  std::vector<int> indices;  // of the parameters
  std::vector<int> results;
  std::optional<int> second;
};

absl::StatusOr<GridColumns> FindColumns(const CsvTable& table, const Json& parameters,
                                        const SecondOutcome& second) {
  GridColumns columns;
  for (const Json& entry : parameters) {
    QALAM_ASSIGN_OR_RETURN(const int column, table.Column(entry.value("column", "")));
    columns.indices.push_back(column);
  }
  for (int seed = 0;; ++seed) {
    const std::optional<int> column = table.Find(absl::StrCat("y", seed));
    if (!column.has_value()) break;
    columns.results.push_back(*column);
  }
  if (columns.results.empty()) {
    QALAM_ASSIGN_OR_RETURN(const int column, table.Column("valid_perf"));
    columns.results.push_back(column);
  }
  if (!second.column.empty()) {
    QALAM_ASSIGN_OR_RETURN(columns.second, table.Column(second.column));
  }
  return columns;
}

absl::StatusOr<std::vector<GridResult>> ReadResults(const CsvTable& table,
                                                    const GridColumns& columns,
                                                    const SearchSpace& space) {
  std::vector<GridResult> results(static_cast<size_t>(space.Cardinality()));
  for (int r = 0; r < table.rows(); ++r) {
    size_t place = 0;
    for (int i = 0; i < space.size(); ++i) {
      const size_t choices = space.parameter(i).list.size();
      size_t index = 0;
      if (!absl::SimpleAtoi(table.Text(r, columns.indices[i]), &index) || index >= choices) {
        return absl::DataLossError(absl::StrCat("row ", r + 1, ": \"",
                                                table.Text(r, columns.indices[i]),
                                                "\" is not an index below ", choices));
      }
      place = place * choices + index;
    }
    for (const int column : columns.results) {
      const double y = table.Number(r, column);
      if (std::isfinite(y)) results[place].seeds.push_back(static_cast<float>(y));
    }
    if (columns.second.has_value()) results[place].second = table.Number(r, *columns.second);
  }
  return results;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Problem>> LoadGridProblem(const std::string& data,
                                                         const std::string& suite,
                                                         const std::string& task,
                                                         const TaskName& as,
                                                         const SecondOutcome& second) {
  const std::string folder = absl::StrCat(data, "/", suite);
  QALAM_ASSIGN_OR_RETURN(const Json description, ReadJsonFile(folder + "/space.json"));
  std::vector<Parameter> parameters;
  for (const Json& entry : description.at("params")) {
    QALAM_ASSIGN_OR_RETURN(Parameter parameter, ParameterFromJson(entry));
    parameters.push_back(std::move(parameter));
  }
  QALAM_ASSIGN_OR_RETURN(SearchSpace space, SearchSpace::Create(std::move(parameters)));
  const std::string path = absl::StrCat(folder, "/", task, ".csv.gz");
  QALAM_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  QALAM_ASSIGN_OR_RETURN(const GridColumns columns,
                         FindColumns(table, description.at("params"), second));
  QALAM_ASSIGN_OR_RETURN(std::vector<GridResult> results, ReadResults(table, columns, space));

  ProblemInfo info;
  info.suite = suite;
  info.task = task;
  info.direction = description.value("direction", "") == "maximize" ? Direction::kMaximize
                                                                    : Direction::kMinimize;
  const double sign = info.direction == Direction::kMinimize ? 1 : -1;
  std::vector<double> losses;
  for (const GridResult& result : results) {
    losses.push_back(result.seeds.empty() ? kInfinity : sign * GridProblem::Mean(result.seeds));
  }
  info.optimum = sign * *std::min_element(losses.begin(), losses.end());
  info.quantiles = RandomQuantiles::FromLosses(std::move(losses));
  info.median = sign * info.quantiles.Median();
  info.space = std::make_shared<const SearchSpace>(std::move(space));
  second.AddTo(as, info);
  return std::make_unique<GridProblem>(std::move(info), std::move(results), second);
}

}  // namespace qalam::bench
