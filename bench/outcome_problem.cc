#include "bench/outcome_problem.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/outcome_functions.h"
#include "bench/second_outcome.h"
#include "bench/surrogate_problem.h"
#include "bench/table_problem.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

using Loaded = absl::StatusOr<std::unique_ptr<Problem>>;

// Random points among which feasible ones are looked for.
constexpr int kSampleSize = 20000;

class OutcomeProblem final : public Problem {
 public:
  OutcomeProblem(ProblemInfo info, const OutcomeFunction& function)
      : Problem(std::move(info)), function_(function) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream& noise,
                      RunState&) const override {
    FunctionOutcome outcome = function_.value(assignment);
    Evaluation evaluation;
    evaluation.seconds = SimulatedSeconds(noise);
    evaluation.truth = evaluation.observed = outcome.losses[0];
    evaluation.further.assign(outcome.losses.begin() + 1, outcome.losses.end());
    for (const double slack : outcome.slacks) evaluation.violations.push_back(-slack);
    // Formulas of constrained functions may divide by zero at the edges of their boxes.
    evaluation.failed = !AllFinite(outcome.losses) || !AllFinite(outcome.slacks);
    return evaluation;
  }

 private:
  static bool AllFinite(const std::vector<double>& values) {
    for (const double value : values) {
      if (!std::isfinite(value)) return false;
    }
    return true;
  }

  const OutcomeFunction& function_;
};

// The losses of the feasible ones of some random points.
std::vector<double> FeasibleLosses(const Problem& problem) {
  std::vector<double> losses;
  std::vector<double> probabilities(static_cast<size_t>(problem.info().space->size()));
  for (int i = 0; i < kSampleSize; ++i) {
    RandomStream random(0, static_cast<uint64_t>(i), "bench quantiles");
    for (double& p : probabilities) p = random.Uniform();
    RunState state;
    const Evaluation evaluation = problem.Evaluate(
        problem.info().space->FromQuantiles(probabilities), Mode::kTrue, random, state);
    if (!evaluation.failed && evaluation.feasible()) losses.push_back(evaluation.truth);
  }
  return losses;
}

Loaded Make(const std::string& suite, const std::vector<OutcomeFunction>& functions,
            const std::string& task) {
  for (const OutcomeFunction& function : functions) {
    if (function.name != task) continue;
    std::vector<Parameter> parameters;
    for (const auto& [low, high] : function.bounds) {
      parameters.push_back({.name = absl::StrCat("x", parameters.size()), .min = low, .max = high});
    }
    ProblemInfo info;
    info.suite = suite;
    info.task = task;
    QALAM_ASSIGN_OR_RETURN(SearchSpace space, SearchSpace::Create(std::move(parameters)));
    info.space = std::make_shared<const SearchSpace>(std::move(space));
    info.constraints = function.constraints;
    if (function.objectives > 1) {
      info.further.assign(static_cast<size_t>(function.objectives) - 1, Direction::kMinimize);
      info.reference = function.reference;
      info.max_hypervolume = function.max_hypervolume;
      return std::make_unique<OutcomeProblem>(std::move(info), function);
    }
    info.optimum = function.optimum;
    std::vector<double> losses = FeasibleLosses(OutcomeProblem(info, function));
    if (losses.empty()) return absl::InternalError("no random point is feasible");
    info.median = RandomQuantiles::FromLosses(std::move(losses)).Median();
    return std::make_unique<OutcomeProblem>(std::move(info), function);
  }
  return absl::NotFoundError(absl::StrCat("no function ", task));
}

std::vector<std::string> Names(const std::vector<OutcomeFunction>& functions) {
  std::vector<std::string> names;
  for (const OutcomeFunction& function : functions) names.push_back(function.name);
  return names;
}

using ReadSecond = absl::StatusOr<SecondOutcome> (*)(const std::string& data,
                                                     const std::string& suite,
                                                     const std::string& task);

// Loads SUITE/TASK as a task of `suite_of_both`.
Loaded LoadTable(const std::string& suite_of_both, const std::string& data, const std::string& name,
                 ReadSecond read) {
  const std::vector<std::string> parts = absl::StrSplit(name, absl::MaxSplits('/', 1));
  if (parts.size() != 2) return absl::NotFoundError(absl::StrCat("no task ", name));
  const std::string& suite = parts[0];
  const std::string& task = parts[1];
  QALAM_ASSIGN_OR_RETURN(const SecondOutcome second, read(data, suite, task));
  const TaskName as = {suite_of_both, name};
  if (suite == "nasbench_graph") return LoadGridProblem(data, suite, task, as, second);
  if (suite == "nmt_hpo") {
    return LoadPoolProblem(data, suite, task, {"dev_bleu", Direction::kMaximize}, as, second);
  }
  if (suite == "yahpo_lcbench") {
    return LoadSurrogateProblem(
        data, suite, task, {"lcbench", "val_accuracy", Direction::kMaximize, "time"}, as, second);
  }
  if (suite == "yahpo_rbv2_xgboost") {
    return LoadSurrogateProblem(
        data, suite, task, {"rbv2_xgboost", "acc", Direction::kMaximize, "timetrain"}, as, second);
  }
  return absl::NotFoundError(absl::StrCat("no suite ", suite, " with several outcomes"));
}

}  // namespace

std::vector<std::string> MultiObjectiveTasks() { return Names(MultiObjectiveFunctions()); }
std::vector<std::string> ConstrainedTasks() { return Names(ConstrainedFunctions()); }

Loaded MakeMultiObjectiveProblem(const std::string& task) {
  return Make("multi_objective", MultiObjectiveFunctions(), task);
}
Loaded MakeConstrainedProblem(const std::string& task) {
  return Make("constrained", ConstrainedFunctions(), task);
}

Loaded LoadMultiObjectiveTable(const std::string& data, const std::string& task) {
  return LoadTable("multi_objective_tables", data, task, SecondOutcome::Objective);
}
Loaded LoadConstrainedTable(const std::string& data, const std::string& task) {
  return LoadTable("constrained_tables", data, task, SecondOutcome::Constraint);
}

}  // namespace qalam::bench
