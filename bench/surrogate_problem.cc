#include "bench/surrogate_problem.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "bench/json_space.h"
#include "bench/surrogate_network.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// Where a parameter's value goes in the network.
struct Input {
  bool categorical = false;
  size_t place = 0;        // among the network's inputs of its kind
  std::vector<int> codes;  // of the choices of a categorical parameter
};

struct FixedInput {
  size_t place = 0;
  float value = 0;
};

// Everything between an assignment and the network.
struct Wiring {
  int instance = 0;
  std::vector<Input> inputs;      // by parameter
  std::vector<FixedInput> fixed;  // fidelities at their full value
  int objective = 0;
  int seconds = 0;
  int second = -1;  // of the second outcome; -1: there is none
};

class SurrogateProblem final : public Problem {
 public:
  SurrogateProblem(ProblemInfo info, SurrogateNetwork network, Wiring wiring, SecondOutcome second)
      : Problem(std::move(info)),
        network_(std::move(network)),
        wiring_(std::move(wiring)),
        second_(std::move(second)) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream&, RunState&) const override {
    // What is inactive is coded 0.
    std::vector<int> codes(static_cast<size_t>(network_.categorical_inputs()));
    std::vector<float> values(static_cast<size_t>(network_.continuous_inputs()));
    codes[0] = wiring_.instance;
    for (const FixedInput& fixed : wiring_.fixed) values[fixed.place] = fixed.value;
    for (size_t i = 0; i < wiring_.inputs.size(); ++i) {
      const Input& input = wiring_.inputs[i];
      if (!info().space->IsActive(assignment, static_cast<int>(i))) continue;
      if (input.categorical) {
        codes[input.place] = input.codes[static_cast<size_t>(assignment[i])];
      } else {
        values[input.place] = static_cast<float>(assignment[i]);
      }
    }
    const std::vector<float> outputs = network_.Evaluate(codes, values);
    Evaluation evaluation;
    evaluation.truth = evaluation.observed = outputs[static_cast<size_t>(wiring_.objective)];
    evaluation.failed = !std::isfinite(evaluation.truth);
    if (wiring_.second >= 0) {
      second_.AddTo(outputs[static_cast<size_t>(wiring_.second)], evaluation);
    }
    evaluation.seconds =
        std::max(0.001, static_cast<double>(outputs[static_cast<size_t>(wiring_.seconds)]));
    return evaluation;
  }

 private:
  SurrogateNetwork network_;
  Wiring wiring_;
  SecondOutcome second_;
};

// Reads the parameters, their inputs, and the fidelities.
absl::StatusOr<SearchSpace> ReadSpace(const Json& entries, const std::string& length,
                                      Wiring& wiring) {
  std::vector<Parameter> parameters;
  std::vector<Json> order(entries.begin(), entries.end());
  std::stable_partition(order.begin(), order.end(),
                        [&](const Json& entry) { return entry.value("name", "") != length; });
  for (const Json& entry : order) {
    const size_t place = entry.at("input").at(1).get<size_t>();
    if (entry.value("fidelity", false) && entry.value("name", "") != length) {
      wiring.fixed.push_back({place, entry.at("full").get<float>()});
      continue;
    }
    QALAM_ASSIGN_OR_RETURN(Parameter parameter, ParameterFromJson(entry));
    if (const auto condition = entry.find("active_if"); condition != entry.end()) {
      parameter.condition =
          ParameterCondition{.parent = condition->at("parent").get<std::string>(),
                             .values = condition->at("values").get<std::vector<std::string>>()};
    }
    Input input;
    input.categorical = entry.at("input").at(0) == "cat";
    input.place = place;
    if (input.categorical) input.codes = entry.at("codes").get<std::vector<int>>();
    wiring.inputs.push_back(std::move(input));
    parameters.push_back(std::move(parameter));
  }
  return SearchSpace::Create(std::move(parameters));
}

absl::StatusOr<int> InstanceRow(const Json& description, const std::string& instance) {
  const Json& instances = description.at("instances");
  const auto it = std::find(instances.begin(), instances.end(), Json(instance));
  if (it == instances.end()) {
    return absl::NotFoundError(absl::StrCat("scenario ", description.value("scenario", ""),
                                            " has no instance ", instance, "; it has ",
                                            instances.dump()));
  }
  return static_cast<int>(it - instances.begin());
}

// Optimum and quantiles of random search, as measured by whoever made the data.
absl::Status ReadBaseline(const std::string& data, ProblemInfo& info) {
  QALAM_ASSIGN_OR_RETURN(const CsvTable baseline,
                         CsvTable::Read(data + "/random_search_baseline.csv"));
  QALAM_ASSIGN_OR_RETURN(const int best, baseline.Column("best"));
  QALAM_ASSIGN_OR_RETURN(const int median, baseline.Column("median"));
  for (int r = 0; r < baseline.rows(); ++r) {
    if (baseline.Text(r, 0) != info.suite || baseline.Text(r, 1) != info.task) continue;
    info.optimum = baseline.Number(r, best);
    info.median = baseline.Number(r, median);
  }
  QALAM_ASSIGN_OR_RETURN(const CsvTable quantiles, CsvTable::Read(data + "/task_quantiles.csv"));
  QALAM_ASSIGN_OR_RETURN(const int share, quantiles.Column("q"));
  QALAM_ASSIGN_OR_RETURN(const int value, quantiles.Column("value"));
  const double sign = info.direction == Direction::kMinimize ? 1 : -1;
  std::vector<std::pair<double, double>> pairs;
  for (int r = 0; r < quantiles.rows(); ++r) {
    if (quantiles.Text(r, 0) != info.suite || quantiles.Text(r, 1) != info.task) continue;
    pairs.emplace_back(quantiles.Number(r, share), sign * quantiles.Number(r, value));
  }
  info.quantiles = RandomQuantiles::FromPairs(pairs);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Problem>> LoadSurrogateProblem(
    const std::string& data, const std::string& suite, const std::string& instance,
    const SurrogateFormat& format, const TaskName& as, const SecondOutcome& second) {
  const std::string stem = absl::StrCat(data, "/yahpo/", format.scenario);
  QALAM_ASSIGN_OR_RETURN(const Json description, ReadJsonFile(stem + ".json"));
  QALAM_ASSIGN_OR_RETURN(SurrogateNetwork network,
                         SurrogateNetwork::Load(description, stem + ".f32"));
  Wiring wiring;
  QALAM_ASSIGN_OR_RETURN(wiring.instance, InstanceRow(description, instance));
  QALAM_ASSIGN_OR_RETURN(SearchSpace space,
                         ReadSpace(description.at("search_space"), format.length, wiring));
  const std::optional<int> objective = network.FindOutput(format.objective);
  const std::optional<int> seconds = network.FindOutput(format.seconds);
  if (!objective.has_value() || !seconds.has_value()) {
    return absl::DataLossError(absl::StrCat("scenario ", format.scenario, " has no output ",
                                            objective ? format.seconds : format.objective));
  }
  wiring.objective = *objective;
  wiring.seconds = *seconds;
  if (!second.column.empty()) {
    const std::optional<int> output = network.FindOutput(second.column);
    if (!output.has_value()) {
      return absl::DataLossError(
          absl::StrCat("scenario ", format.scenario, " has no output ", second.column));
    }
    wiring.second = *output;
  }

  ProblemInfo info;
  info.suite = suite;
  info.task = instance;
  info.direction = format.direction;
  info.space = std::make_shared<const SearchSpace>(std::move(space));
  QALAM_RETURN_IF_ERROR(ReadBaseline(data, info));
  if (!format.length.empty()) {
    const int last = info.space->size() - 1;
    info.length = TrainingLength{.parameter = last, .full = info.space->parameter(last).max};
  }
  if (!as.suite.empty()) info.suite = as.suite;
  second.AddTo(as, info);
  return std::make_unique<SurrogateProblem>(std::move(info), std::move(network), std::move(wiring),
                                            second);
}

}  // namespace qalam::bench
