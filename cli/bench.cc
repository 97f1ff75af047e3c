// qalam bench: how good and how fast the suggestions of algorithms are.
#include "cli/bench.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/suites.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

struct Action {
  const char* name;
  absl::StatusOr<ExitCode> (*run)(const Invocation& invocation);
  bool takes_files = false;
};

constexpr Action kActions[] = {{"run", BenchRun},
                               {"table", BenchTable, /*takes_files=*/true},
                               {"latency", BenchLatency},
                               {"problems", BenchProblems},
                               {"serve", BenchServe}};

absl::StatusOr<ExitCode> Bench(const Invocation& invocation) {
  const std::string& word = invocation.args()[0];
  std::vector<std::string> names;
  for (const Action& action : kActions) {
    names.push_back(action.name);
    if (word != action.name) continue;
    if (!action.takes_files && invocation.args().size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected argument \"", invocation.args()[1], "\" of bench ", word));
    }
    return action.run(invocation);
  }
  const std::string near = ClosestMatch(word, names);
  return absl::InvalidArgumentError(
      absl::StrCat("bench: \"", word, "\" is not one of ", JoinAlternatives(names),
                   near.empty() ? "" : absl::StrCat("; did you mean ", near, "?")));
}

std::string DataFolder(const ParsedFlags& flags) {
  const char* const from_environment = std::getenv("QALAM_BENCH_DATA");
  return flags.ValueOr("data", from_environment == nullptr ? "" : from_environment);
}

std::vector<FlagSpec> BenchFlags() {
  return {
      {.name = "algorithm",
       .value = "LIST",
       .help = "Algorithms, as NAME or NAME:SETTING=VALUE:..., separated by commas"},
      {.name = "stopper",
       .value = "LIST",
       .help =
           "run: with curves, stopping rules that judge the trials of each algorithm, as NAME or "
           "NAME:SETTING=VALUE:... (default: none)"},
      {.name = "suite",
       .value = "LIST",
       .help = "Suites of problems; also tables, functions, curves or all (default: functions)"},
      {.name = "task", .value = "LIST", .help = "Tasks of the suites (default: all of them)"},
      {.name = "seeds", .value = "N", .help = "Runs of each task, seeds 0 to N-1 (default: 20)"},
      {.name = "seed", .value = "N", .help = "serve: the seed of the run (default: 0)"},
      {.name = "budget",
       .value = "N",
       .help = "Evaluations of a run; with curves, whole trainings (default: 200)"},
      {.name = "parallel", .value = "N", .help = "Simulated workers (default: 1)"},
      {.name = "mode",
       .value = "MODE",
       .help = "What the algorithm sees: D, true values (default), or N, noisy ones",
       .choices = {"D", "N"}},
      {.name = "likely",
       .help = "Judge not the best measurement but what all results make the most likely best"},
      {.name = "jobs", .value = "N", .help = "Runs at the same time (default: 1)"},
      {.name = "data",
       .value = "DIR",
       .help = "The folder of benchmark tables (default: $QALAM_BENCH_DATA)"},
      {.name = "out", .value = "FILE", .help = "Write all curves to this CSV file"},
      {.name = "resume", .help = "run: keep the runs that --out holds, and make the missing ones"},
      {.name = "against",
       .value = "METHOD",
       .help = "table: compare with this method (default: the first one)"},
      {.name = "at",
       .value = "LIST",
       .help = "table: evaluations at which to compare (default: 25,50,100,200)"},
      {.name = "history",
       .value = "LIST",
       .help = "latency: numbers of finished trials (default: 10,100,1000,10000)"},
      {.name = "dimensions",
       .value = "LIST",
       .help = "latency: numbers of parameters (default: 4,10,20,40)"},
      {.name = "space",
       .value = "LIST",
       .help = "latency: kinds of spaces, continuous and mixed (default: both)"},
      {.name = "asks", .value = "N", .help = "latency: suggestions to time (default: 11)"},
      {.name = "objectives",
       .value = "N",
       .help = "latency: metrics to optimise at the same time (default: 1)"},
      {.name = "algorithm-version",
       .value = "TEXT",
       .help = "serve: what to write in the column version"},
      {.name = "output",
       .short_name = 'o',
       .value = "FORMAT",
       .help = "problems: print JSON",
       .choices = {"json"}},
      {.name = "quiet", .short_name = 'q', .help = "Print no progress"},
  };
}

}  // namespace

std::vector<std::string> ListFlag(const ParsedFlags& flags, absl::string_view name,
                                  absl::string_view fallback) {
  return absl::StrSplit(flags.ValueOr(name, fallback), ',', absl::SkipWhitespace());
}

absl::StatusOr<std::vector<int>> IntegerListFlag(const ParsedFlags& flags, absl::string_view name,
                                                 absl::string_view fallback, int minimum) {
  std::vector<int> numbers;
  for (const std::string& word : ListFlag(flags, name, fallback)) {
    int number = 0;
    if (!absl::SimpleAtoi(word, &number) || number < minimum) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, ": \"", word, "\" is not a whole number of at least ", minimum));
    }
    numbers.push_back(number);
  }
  return numbers;
}

absl::StatusOr<int> IntFlag(const ParsedFlags& flags, absl::string_view name, int minimum,
                            int fallback) {
  QALAM_ASSIGN_OR_RETURN(const std::optional<int64_t> value, IntegerFlag(flags, name, minimum));
  constexpr int64_t kMost = 1000000;
  if (value.value_or(0) > kMost) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, ": ", *value, " is more than ", kMost));
  }
  return static_cast<int>(value.value_or(fallback));
}

bench::Mode ModeFlag(const ParsedFlags& flags) {
  return flags.ValueOr("mode", "D") == "N" ? bench::Mode::kNoisy : bench::Mode::kTrue;
}

absl::StatusOr<std::vector<std::unique_ptr<bench::Problem>>> LoadChosenProblems(
    const ParsedFlags& flags) {
  QALAM_ASSIGN_OR_RETURN(const std::vector<const bench::Suite*> suites,
                         bench::SelectSuites(flags.ValueOr("suite", "functions")));
  const std::vector<std::string> named = ListFlag(flags, "task", "");
  const std::string data = DataFolder(flags);
  std::vector<std::unique_ptr<bench::Problem>> problems;
  std::set<std::string> found;
  for (const bench::Suite* const suite : suites) {
    // With one suite, tasks that are not listed may be named, too: other instances.
    std::vector<std::string> tasks = named.empty() || suites.size() > 1 ? suite->tasks : named;
    for (const std::string& task : tasks) {
      if (!named.empty() && std::find(named.begin(), named.end(), task) == named.end()) continue;
      QALAM_ASSIGN_OR_RETURN(std::unique_ptr<bench::Problem> problem,
                             bench::LoadProblem(*suite, task, data));
      problems.push_back(std::move(problem));
      found.insert(task);
    }
  }
  for (const std::string& task : named) {
    if (found.count(task) > 0) continue;
    return absl::NotFoundError(absl::StrCat("--task: none of the chosen suites has a task \"", task,
                                            "\"; `qalam bench problems` lists them"));
  }
  return problems;
}

VerbSpec BenchVerb() {
  std::vector<std::string> actions;
  for (const Action& action : kActions) actions.push_back(action.name);
  return {
      .name = "bench",
      .summary = "Measure how good and how fast the suggestions of algorithms are",
      .usage = "run|table|latency|problems|serve [FILE...]",
      .description =
          "run       runs algorithms on problems with known optima and prints the normalised\n"
          "          regret: 0 is the optimum, 1 a random point. The same seeds give the same\n"
          "          results, whatever --jobs.\n"
          "table     compares the methods of CSV files that run, or serve for other programs,\n"
          "          has written: ranks, regret with standard errors, wins, significance.\n"
          "latency   times suggestions by the length of the history and the size of the space.\n"
          "problems  lists the problems; with -o json also their search spaces.\n"
          "serve     evaluates points for programs in other languages: lines of JSON on standard\n"
          "          input, {\"assignment\": {...}}, and answers on standard output.\n"
          "\n"
          "Tables of measured trainings are not part of the program: --data names their folder.\n"
          "docs/benchmarks.md tells more.",
      .min_args = 1,
      .args = {{.kind = ArgKind::kWord, .words = std::move(actions)}, {.kind = ArgKind::kFile}},
      .flags = BenchFlags(),
      .examples =
          {{"qalam bench run --algorithm random,sobol --suite synthetic --seeds 10",
            "Compare two algorithms on test functions"},
           {"qalam bench run --algorithm sobol --suite tables --data DIR --jobs 2 --out runs.csv",
            "Run the measured tables and keep the curves"},
           {"qalam bench run --suite curves --algorithm tpe --stopper none,asha --data DIR",
            "Measure what a stopping rule saves, and what it costs"},
           {"qalam bench table runs.csv peers.csv --against sobol", "Compare with other programs"},
           {"qalam bench latency --algorithm random --history 100,1000", "Time suggestions"},
           {"qalam bench serve --suite bbob --task f8_d5_i1 --seed 3",
            "Evaluate points for another program"}},
      .run = Bench};
}

}  // namespace qalam
