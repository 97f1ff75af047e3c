// Problems of mixed spaces with known optima. Each has a term for every kind of parameter that the
// others do not decide, so that the optimum is the sum of what each part can reach; interactions
// move where the parts' optima lie, not how low they are.

#include <array>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/function_parts.h"
#include "bench/function_problem.h"
#include "bench/synthetic_functions.h"

namespace qalam::bench {
namespace {

Parameter Double(std::string name, double min, double max, bool log = false) {
  return {.name = std::move(name),
          .type = ParameterType::kDouble,
          .min = min,
          .max = max,
          .distribution = log ? Distribution::kLogUniform : Distribution::kUniform};
}

Parameter Int(std::string name, double min, double max, bool log = false) {
  Parameter parameter = Double(std::move(name), min, max, log);
  parameter.type = ParameterType::kInt;
  return parameter;
}

Parameter List(std::string name, ParameterType type, std::vector<std::string> list) {
  return {.name = std::move(name), .type = type, .list = std::move(list)};
}

struct MixedProblem {
  std::string task;
  std::vector<Parameter> parameters;
  double optimum = 0;
  double (*value)(const Assignment& x) = nullptr;
};

// Branin whose valley each category moves and lifts: one category is the best, and what was learnt
// of the others helps.
double BraninOfCategories(const Assignment& x) {
  constexpr std::array<double, 4> kLift = {12, 3, 0, 7};
  constexpr std::array<double, 4> kMove = {0, -2, 2, 4};
  const size_t c = static_cast<size_t>(x[0]);
  const std::array<double, 2> point = {x[1] - kMove[c], x[2]};
  return Branin(point) + kLift[c];
}

// The shape of training a network: a learning rate whose best value falls with the batch size, a
// depth, a width with diminishing returns, one of five optimisers with its own momentum.
double Training(const Assignment& x) {
  constexpr std::array<double, 5> kOptimizer = {0.4, 0.1, 0.0, 0.25, 0.6};
  constexpr std::array<double, 5> kMomentum = {0.9, 0.5, 0.95, 0.7, 0.2};
  const double rate = std::log10(x[0]);
  const double batch = std::log2(16) + x[1];  // an index: 16, 32, ... 512
  const double depth = x[2];
  const double width = std::log2(x[3]);
  const size_t optimizer = static_cast<size_t>(x[4]);
  const double best_rate = -3.5 + 0.3 * (batch - 6);
  return 0.6 * Square(rate - best_rate) + 0.05 * Square(batch - 6) + 0.15 * std::fabs(depth - 4) +
         0.1 * Square(width - 8) + kOptimizer[optimizer] + 2 * Square(x[5] - kMomentum[optimizer]) +
         0.5 * Square(x[6] - 0.05 * depth);  // dropout grows with the depth
}

// Ackley over five ordinary and five integer coordinates, off the centre.
double MixedAckley(const Assignment& x) {
  std::array<double, 10> z;
  for (size_t i = 0; i < 5; ++i) z[i] = x[i] - 3.3;
  for (size_t i = 5; i < 10; ++i) z[i] = x[i] + 2;
  return Ackley(z);
}

// Eight categories of four choices: each choice has its own worth, and neighbours that agree in
// parity are rewarded. The best of all is known from the worths alone, since they agree.
double Categories(const Assignment& x) {
  constexpr std::array<double, 4> kWorth = {0, 0.7, 0.3, 1.1};
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t choice = (static_cast<size_t>(x[i]) + i) % 4;
    sum += kWorth[choice] * (1 + 0.2 * static_cast<double>(i));
    if (i == 0) continue;
    const size_t previous = (static_cast<size_t>(x[i - 1]) + i - 1) % 4;
    if (choice % 2 != previous % 2) sum += 0.5;
  }
  return sum;
}

// Two branches, each with a parameter of its own that means nothing in the other one.
double Branches(const Assignment& x) {
  const double shared = Square(x[1] - 0.2);
  if (x[0] == 0) return 0.3 + shared + Square(std::log10(x[2]) + 1);
  return shared + 4 * Square(x[3] - 0.7) + 0.02 * Square(x[4] - 37);
}

// Rosenbrock on a grid of steps and on integers, where the valley is a staircase.
double SteppedRosenbrock(const Assignment& x) { return Rosenbrock(x); }

// Twenty parameters of which three matter.
double Needles(const Assignment& x) {
  return Square(x[0] - 0.31) + 2 * Square(x[7] - 0.77) * (1 + x[0]) +
         0.5 * std::fabs(x[15] - 6) / 10;
}

std::vector<Parameter> NeedlesSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 15; ++i) parameters.push_back(Double(absl::StrCat("d", i), 0, 1));
  for (int i = 0; i < 5; ++i) parameters.push_back(Int(absl::StrCat("n", i), 0, 10));
  return parameters;
}

std::vector<Parameter> CategoriesSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 8; ++i) {
    parameters.push_back(
        List(absl::StrCat("c", i), ParameterType::kCategorical, {"a", "b", "c", "d"}));
  }
  return parameters;
}

std::vector<Parameter> AckleySpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 5; ++i) parameters.push_back(Double(absl::StrCat("d", i), -10, 10));
  for (int i = 0; i < 5; ++i) parameters.push_back(Int(absl::StrCat("n", i), -10, 10));
  return parameters;
}

std::vector<Parameter> RosenbrockSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 3; ++i) {
    parameters.push_back(Double(absl::StrCat("s", i), -4, 4));
    parameters.back().step = 0.25;
    parameters.push_back(Int(absl::StrCat("n", i), -4, 4));
  }
  return parameters;
}

std::vector<Parameter> TrainingSpace() {
  return {
      Double("rate", 1e-5, 1, true),
      List("batch", ParameterType::kDiscrete, {"16", "32", "64", "128", "256", "512"}),
      Int("depth", 1, 10),
      Int("width", 16, 1024, true),
      List("optimizer", ParameterType::kCategorical, {"sgd", "adagrad", "adam", "rms", "lbfgs"}),
      Double("momentum", 0, 0.99),
      Double("dropout", 0, 0.8)};
}

const std::vector<MixedProblem>& MixedProblems() {
  constexpr double kBranin = 0.39788735772973816;
  static const auto* const kProblems = new std::vector<MixedProblem>{
      {"branin_categories",
       {List("kind", ParameterType::kCategorical, {"a", "b", "c", "d"}), Double("x", -5, 12),
        Double("y", 0, 15)},
       kBranin,
       BraninOfCategories},
      {"training", TrainingSpace(), 0, Training},
      {"ackley_integers", AckleySpace(), 0, MixedAckley},
      {"categories", CategoriesSpace(), 0, Categories},
      {"branches",
       {List("branch", ParameterType::kCategorical, {"left", "right"}), Double("shared", 0, 1),
        Double("only_left", 1e-4, 1e2, true), Double("only_right", 0, 1),
        Int("count_right", 1, 100)},
       0,
       Branches},
      {"rosenbrock_steps", RosenbrockSpace(), 0, SteppedRosenbrock},
      {"needles", NeedlesSpace(), 0, Needles},
  };
  return *kProblems;
}

}  // namespace

std::vector<std::string> MixedTasks() {
  std::vector<std::string> tasks;
  for (const MixedProblem& problem : MixedProblems()) tasks.push_back(problem.task);
  return tasks;
}

absl::StatusOr<std::unique_ptr<Problem>> MakeMixedProblem(const std::string& task) {
  for (const MixedProblem& problem : MixedProblems()) {
    if (problem.task != task) continue;
    return MakeFunctionProblem("mixed", task, problem.parameters, problem.optimum, problem.value);
  }
  return absl::NotFoundError(
      absl::StrCat("no mixed problem ", task, "; there are ", absl::StrJoin(MixedTasks(), ", ")));
}

}  // namespace qalam::bench
