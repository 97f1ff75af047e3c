#ifndef QALAM_CLI_BENCH_H_
#define QALAM_CLI_BENCH_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/comparison.h"
#include "bench/problem.h"
#include "cli/verb.h"

namespace qalam {

// The actions of `qalam bench`; each reads its flags from the invocation.
absl::StatusOr<ExitCode> BenchRun(const Invocation& invocation);
absl::StatusOr<ExitCode> BenchTable(const Invocation& invocation);
absl::StatusOr<ExitCode> BenchProblems(const Invocation& invocation);
absl::StatusOr<ExitCode> BenchServe(const Invocation& invocation);
absl::StatusOr<ExitCode> BenchLatency(const Invocation& invocation);

// The parts of a comma-separated flag, empty ones left out; of `fallback` when it was not given.
std::vector<std::string> ListFlag(const ParsedFlags& flags, absl::string_view name,
                                  absl::string_view fallback);
// The same of whole numbers of at least `minimum`.
absl::StatusOr<std::vector<int>> IntegerListFlag(const ParsedFlags& flags, absl::string_view name,
                                                 absl::string_view fallback, int minimum);
// A whole number of at least `minimum`, or `fallback`.
absl::StatusOr<int> IntFlag(const ParsedFlags& flags, absl::string_view name, int minimum,
                            int fallback);
// --mode.
bench::Mode ModeFlag(const ParsedFlags& flags);

// The problems that --suite, --task and --data choose. NotFound when no chosen suite has a task
// that was named, FailedPrecondition when the data folder is needed and not given.
absl::StatusOr<std::vector<std::unique_ptr<bench::Problem>>> LoadChosenProblems(
    const ParsedFlags& flags);

// Means by suite and over the suites, for people: nr at several numbers of evaluations, area under
// the curve, speed-up over random search, CPU time of a suggestion.
std::string SuiteTable(const bench::Comparison& comparison, int budget);

// What was stopped in runs with learning curves, for people: a row a method, means over the suites.
// Empty where nothing was.
std::string StopTable(const bench::Comparison& comparison);

}  // namespace qalam

#endif  // QALAM_CLI_BENCH_H_
