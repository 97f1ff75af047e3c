#include "bench/function_problem.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/bbob.h"
#include "bench/bbob_parts.h"
#include "bench/synthetic_functions.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// Random points behind the median and the quantiles.
constexpr int kFunctionSamples = 10000;
// The noise of mode kNoisy, in distances between optimum and median.
constexpr double kNoiseShare = 0.1;
constexpr int kShiftedVariants = 3;

class FunctionProblem final : public Problem {
 public:
  FunctionProblem(ProblemInfo info, std::function<double(const Assignment&)> value)
      : Problem(std::move(info)), value_(std::move(value)) {
    noise_ = kNoiseShare * (*this->info().median - *this->info().optimum);
  }

  Evaluation Evaluate(const Assignment& assignment, Mode mode, RandomStream& noise,
                      RunState&) const override {
    Evaluation evaluation;
    evaluation.seconds = SimulatedSeconds(noise);
    evaluation.truth = evaluation.observed = value_(assignment);
    if (mode == Mode::kNoisy) evaluation.observed += noise_ * noise.Normal();
    return evaluation;
  }

 private:
  std::function<double(const Assignment&)> value_;
  double noise_;
};

std::vector<double> RandomLosses(const SearchSpace& space,
                                 const std::function<double(const Assignment&)>& value) {
  std::vector<double> losses;
  std::vector<double> probabilities(static_cast<size_t>(space.size()));
  for (int i = 0; i < kFunctionSamples; ++i) {
    RandomStream random(0, static_cast<uint64_t>(i), "bench quantiles");
    for (double& p : probabilities) p = random.Uniform();
    losses.push_back(value(space.FromQuantiles(probabilities)));
  }
  return losses;
}

std::vector<Parameter> BoxParameters(const std::vector<std::pair<double, double>>& bounds) {
  std::vector<Parameter> parameters;
  for (const auto& [low, high] : bounds) {
    parameters.push_back({.name = absl::StrCat("x", parameters.size()), .min = low, .max = high});
  }
  return parameters;
}

// The number that follows `letter` in a word such as "d10".
std::optional<int> NumberAfter(absl::string_view word, char letter) {
  int number = 0;
  if (word.size() < 2 || word[0] != letter || !absl::SimpleAtoi(word.substr(1), &number)) {
    return std::nullopt;
  }
  return number;
}

// A rotation about the new optimum: distances to it are kept, in units of the box's sides.
std::function<double(const Assignment&)> Shifted(const SyntheticFunction& function, int variant) {
  const size_t n = function.bounds.size();
  RandomStream random(static_cast<uint64_t>(variant), 0, function.name);
  std::vector<double> optimum(n);
  for (size_t i = 0; i < n; ++i) {
    const auto& [low, high] = function.bounds[i];
    optimum[i] = low + (high - low) * (0.05 + 0.9 * random.Uniform());
  }
  const BbobMatrix rotation =
      BbobRotation(static_cast<int64_t>(random.Below(1000000)), static_cast<int>(n));
  return [&function, optimum, rotation](const Assignment& x) {
    std::vector<double> away(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const auto& [low, high] = function.bounds[i];
      away[i] = (x[i] - optimum[i]) / (high - low);
    }
    std::vector<double> z = Times(rotation, away);
    for (size_t i = 0; i < z.size(); ++i) {
      const auto& [low, high] = function.bounds[i];
      z[i] = function.optimal_point[i] + z[i] * (high - low);
    }
    return function.value(z);
  };
}

}  // namespace

std::unique_ptr<Problem> MakeFunctionProblem(std::string suite, std::string task,
                                             std::vector<Parameter> parameters, double optimum,
                                             std::function<double(const Assignment&)> value) {
  ProblemInfo info;
  info.suite = std::move(suite);
  info.task = std::move(task);
  info.space =
      std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
  info.optimum = optimum;
  info.quantiles = RandomQuantiles::FromLosses(RandomLosses(*info.space, value));
  info.median = info.quantiles.Median();
  info.exact_optimum = true;
  return std::make_unique<FunctionProblem>(std::move(info), std::move(value));
}

std::vector<std::string> SyntheticTasks() {
  std::vector<std::string> tasks;
  for (const SyntheticFunction& function : SyntheticFunctions()) tasks.push_back(function.name);
  return tasks;
}

absl::StatusOr<std::unique_ptr<Problem>> MakeSyntheticProblem(const std::string& task) {
  const SyntheticFunction* const function = FindSyntheticFunction(task);
  if (function == nullptr) return absl::NotFoundError(absl::StrCat("no function ", task));
  return MakeFunctionProblem("synthetic", task, BoxParameters(function->bounds), function->optimum,
                             function->value);
}

std::vector<std::string> ShiftedTasks() {
  std::vector<std::string> tasks;
  for (const SyntheticFunction& function : SyntheticFunctions()) {
    if (function.optimal_point.empty()) continue;
    for (int variant = 1; variant <= kShiftedVariants; ++variant) {
      tasks.push_back(absl::StrCat(function.name, "_s", variant));
    }
  }
  return tasks;
}

absl::StatusOr<std::unique_ptr<Problem>> MakeShiftedProblem(const std::string& task) {
  const std::vector<std::string> parts = absl::StrSplit(task, '_');
  const SyntheticFunction* const function = FindSyntheticFunction(parts[0]);
  const std::optional<int> variant =
      parts.size() == 2 ? NumberAfter(parts[1], 's') : std::optional<int>();
  if (function == nullptr || function->optimal_point.empty() || !variant.has_value()) {
    return absl::NotFoundError(absl::StrCat("no shifted function ", task, "; write Levy8_s1"));
  }
  return MakeFunctionProblem("shifted", task, BoxParameters(function->bounds), function->optimum,
                             Shifted(*function, *variant));
}

std::vector<std::string> BbobTasks() {
  std::vector<std::string> tasks;
  for (const int dimension : {2, 5, 10}) {
    for (int function = 1; function <= BbobFunction::kFunctions; ++function) {
      tasks.push_back(absl::StrCat("f", function, "_d", dimension, "_i1"));
    }
  }
  return tasks;
}

absl::StatusOr<std::unique_ptr<Problem>> MakeBbobProblem(const std::string& task) {
  const std::vector<std::string> parts = absl::StrSplit(task, '_');
  std::optional<int> numbers[3];
  for (size_t i = 0; i < 3 && parts.size() == 3; ++i) {
    numbers[i] = NumberAfter(parts[i], "fdi"[i]);
  }
  if (!numbers[0] || !numbers[1] || !numbers[2]) {
    return absl::NotFoundError(
        absl::StrCat("\"", task, "\" is not the name of a BBOB task; write f3_d5_i1"));
  }
  QALAM_ASSIGN_OR_RETURN(const BbobFunction function,
                         BbobFunction::Create(*numbers[0], *numbers[1], *numbers[2]));
  const std::vector<std::pair<double, double>> box(static_cast<size_t>(*numbers[1]), {-5, 5});
  return MakeFunctionProblem("bbob", task, BoxParameters(box), function.optimum(),
                             [function](const Assignment& x) { return function.Value(x); });
}

}  // namespace qalam::bench
