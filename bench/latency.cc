#include "bench/latency.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/cpu_time.h"
#include "core/history.h"
#include "core/random_stream.h"
#include "core/status_macros.h"
#include "suggestion/registry.h"

namespace qalam::bench {
namespace {

// The squared distance to the place of an objective: 0.3, 0.7 and so on round the edge of [0, 1].
double Sphere(absl::Span<const double> unit, int objective) {
  const double place = std::fmod(0.3 + 0.4 * objective, 1.0);
  double sum = 0;
  for (const double u : unit) sum += (u - place) * (u - place);
  return sum;
}

Objective Spheres(int count) {
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  for (int i = 1; i < count; ++i) {
    objective.further.push_back({.metric = absl::StrCat("loss", i)});
    objective.metrics.push_back({.name = objective.further.back().metric});
  }
  return objective;
}

void AddTrial(History& history, const Suggestion& suggestion) {
  TrialRecord trial;
  trial.number = history.next_number();
  trial.assignment = suggestion.assignment;
  trial.labels = suggestion.labels;
  trial.condition = TrialCondition::kRunning;
  history.Put(trial);
  trial.condition = TrialCondition::kSucceeded;
  const absl::Span<const double> unit = history.unit(history.size() - 1);
  trial.objective = Sphere(unit, 0);
  for (int i = 1; i < history.objective().count(); ++i) {
    trial.further_objectives.push_back(Sphere(unit, i));
  }
  history.Put(std::move(trial));
}

History RandomHistory(const std::shared_ptr<const SearchSpace>& space, const Objective& objective,
                      int count) {
  History history(space, objective);
  std::vector<double> probabilities(static_cast<size_t>(space->size()));
  for (int i = 0; i < count; ++i) {
    RandomStream random(0, static_cast<uint64_t>(i), "bench latency");
    for (double& p : probabilities) p = random.Uniform();
    AddTrial(history, {.assignment = space->FromQuantiles(probabilities)});
  }
  return history;
}

// The value below which `share` of the values lie.
double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t place = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(place, values.size() - 1)];
}

}  // namespace

std::shared_ptr<const SearchSpace> LatencySpace(bool mixed, int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    Parameter parameter{.name = absl::StrCat("p", i), .min = 0, .max = 1};
    if (mixed && i % 4 == 1) {
      parameter.min = 1e-5;
      parameter.distribution = Distribution::kLogUniform;
    } else if (mixed && i % 4 == 2) {
      parameter.type = ParameterType::kInt;
      parameter.min = 1;
      parameter.max = 100;
    } else if (mixed && i % 4 == 3) {
      parameter.type = ParameterType::kCategorical;
      parameter.list = {"a", "b", "c", "d", "e"};
    }
    parameters.push_back(std::move(parameter));
  }
  return std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
}

absl::StatusOr<LatencyResult> MeasureLatency(const LatencyCase& measured) {
  SuggesterSpec spec;
  spec.space = LatencySpace(measured.mixed, measured.dimensions);
  spec.objective = Spheres(measured.objectives);
  spec.settings = measured.algorithm.settings;
  History history = RandomHistory(spec.space, spec.objective, measured.history);
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<Suggester> suggester,
                         CreateSuggester(measured.algorithm.name, spec));
  LatencyResult result;
  std::vector<double> cpu;
  std::vector<double> wall;
  for (int ask = 0; ask <= measured.asks; ++ask) {
    const double cpu_before = ThreadCpuSeconds();
    const double wall_before = WallSeconds();
    QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                           suggester->Suggest(history, 1));
    const double cpu_time = 1e3 * (ThreadCpuSeconds() - cpu_before);
    if (suggestions.empty()) break;
    if (ask == 0) {
      result.cold = cpu_time;
    } else {
      cpu.push_back(cpu_time);
      wall.push_back(1e3 * (WallSeconds() - wall_before));
    }
    AddTrial(history, suggestions.front());
  }
  result.median = Quantile(cpu, 0.5);
  result.p90 = Quantile(cpu, 0.9);
  result.wall_median = Quantile(wall, 0.5);
  result.resident_bytes = ResidentBytes();
  return result;
}

}  // namespace qalam::bench
