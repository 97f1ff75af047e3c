#ifndef QALAM_BENCH_FUNCTION_PROBLEM_H_
#define QALAM_BENCH_FUNCTION_PROBLEM_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/problem.h"

namespace qalam::bench {

// A problem that is a formula: noise-free in mode kTrue; in mode kNoisy with normal noise of a
// tenth of the distance between the optimum and the median of random points. Median and quantiles
// are those of a fixed set of some thousand random points.
std::unique_ptr<Problem> MakeFunctionProblem(std::string suite, std::string task,
                                             std::vector<Parameter> parameters, double optimum,
                                             std::function<double(const Assignment&)> value);

// Suite "synthetic": the functions of synthetic_functions.h, as they are.
std::vector<std::string> SyntheticTasks();
absl::StatusOr<std::unique_ptr<Problem>> MakeSyntheticProblem(const std::string& task);

// Suite "shifted": those that nowhere fall below their optimum, rotated, and moved so that the
// optimum is anywhere in the middle nine tenths of the box: a search that favours centres, corners
// or axes gains nothing. Tasks: NAME_sK, with the number K of the variant.
std::vector<std::string> ShiftedTasks();
absl::StatusOr<std::unique_ptr<Problem>> MakeShiftedProblem(const std::string& task);

// Suite "bbob": tasks fF_dD_iI, function F of 24, dimension D, instance I. Listed are instance 1 in
// 2, 5 and 10 dimensions; any others may be asked for.
std::vector<std::string> BbobTasks();
absl::StatusOr<std::unique_ptr<Problem>> MakeBbobProblem(const std::string& task);

// Suite "mixed": made here, of doubles, ints, ordered lists and categories, with known optima.
std::vector<std::string> MixedTasks();
absl::StatusOr<std::unique_ptr<Problem>> MakeMixedProblem(const std::string& task);

}  // namespace qalam::bench

#endif  // QALAM_BENCH_FUNCTION_PROBLEM_H_
