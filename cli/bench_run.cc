// qalam bench run and qalam bench problems.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/json_space.h"
#include "bench/runner.h"
#include "bench/suites.h"
#include "cli/bench.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/version.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

using bench::Measure;

// A run's place in a file of results.
using RunName = std::tuple<std::string, std::string, std::string, uint64_t, std::string, int>;

RunName NameOf(const bench::RunKey& key) {
  return {key.algorithm, key.suite, key.task, key.seed, bench::ModeName(key.mode), key.parallel};
}

struct RunPlan {
  std::vector<bench::RunSpec> specs;
  std::vector<bench::RunResult> known;  // from an earlier call
};

absl::StatusOr<std::vector<bench::RunResult>> KnownRuns(const ParsedFlags& flags,
                                                        const std::string& out) {
  if (out.empty() || !flags.IsOn("resume") || !std::filesystem::exists(out)) {
    return std::vector<bench::RunResult>();
  }
  return bench::ReadResults({out});
}

struct Method {
  bench::AlgorithmChoice algorithm;
  bench::StopperChoice stopper;
};

// Every algorithm with every stopping rule.
absl::StatusOr<std::vector<Method>> Methods(const ParsedFlags& flags) {
  const std::vector<std::string> algorithms = ListFlag(flags, "algorithm", "");
  if (algorithms.empty()) {
    return absl::InvalidArgumentError("name algorithms with --algorithm, such as random,sobol");
  }
  std::vector<Method> methods;
  for (const std::string& algorithm : algorithms) {
    QALAM_ASSIGN_OR_RETURN(const bench::AlgorithmChoice choice, bench::ParseAlgorithm(algorithm));
    for (const std::string& rule : ListFlag(flags, "stopper", "none")) {
      QALAM_ASSIGN_OR_RETURN(const bench::StopperChoice stopper, bench::ParseStopper(rule));
      methods.push_back({choice, stopper});
    }
  }
  return methods;
}

// Every method on every problem with every seed, but for the known runs.
absl::StatusOr<RunPlan> MakePlan(const ParsedFlags& flags,
                                 const std::vector<std::unique_ptr<bench::Problem>>& problems,
                                 const std::string& out) {
  QALAM_ASSIGN_OR_RETURN(const int seeds, IntFlag(flags, "seeds", 1, 20));
  QALAM_ASSIGN_OR_RETURN(const int budget, IntFlag(flags, "budget", 1, 200));
  QALAM_ASSIGN_OR_RETURN(const int parallel, IntFlag(flags, "parallel", 1, 1));
  RunPlan plan;
  QALAM_ASSIGN_OR_RETURN(plan.known, KnownRuns(flags, out));
  std::set<RunName> known;
  for (const bench::RunResult& result : plan.known) known.insert(NameOf(result.key));
  QALAM_ASSIGN_OR_RETURN(const std::vector<Method> methods, Methods(flags));
  for (const Method& method : methods) {
    for (const auto& problem : problems) {
      for (int seed = 0; seed < seeds; ++seed) {
        const bench::RunSpec spec{.algorithm = method.algorithm,
                                  .stopper = method.stopper,
                                  .problem = problem.get(),
                                  .seed = static_cast<uint64_t>(seed),
                                  .budget = budget,
                                  .parallel = parallel,
                                  .mode = ModeFlag(flags),
                                  .likely = flags.IsOn("likely")};
        const RunName name = {bench::LabelOf(spec),       problem->info().suite,
                              problem->info().task,       spec.seed,
                              bench::ModeName(spec.mode), parallel};
        if (known.count(name) == 0) plan.specs.push_back(spec);
      }
    }
  }
  return plan;
}

// "-" where there is nothing.
std::string MeanText(const std::optional<bench::Estimate>& estimate) {
  return estimate.has_value() ? absl::StrFormat("%.4f", estimate->mean) : "-";
}

bool IsOfTables(const std::string& suite) {
  return std::any_of(bench::Suites().begin(), bench::Suites().end(),
                     [&](const auto& known) { return known.name == suite && known.in_tables; });
}

// The distance to an optimum that is known only from measurements says little on a log scale.
bool HasExactOptima(const std::string& suite) {
  return std::any_of(bench::Suites().begin(), bench::Suites().end(),
                     [&](const auto& known) { return known.name == suite && !known.needs_data; });
}

// The protocol asks for this suite on a log scale, too: its regret ends near zero for everyone.
std::string FcnetLine(const bench::Comparison& comparison, int budget) {
  std::vector<std::string> parts;
  for (const std::string& method : comparison.methods()) {
    const auto ratio = comparison.OfSuite(method, "fcnet", budget, Measure::kLogRatio);
    if (ratio) parts.push_back(absl::StrFormat("%s %.3f", method, ratio->mean));
  }
  if (parts.empty()) return "";
  return absl::StrCat("fcnet, log10(value / optimum) at ", budget, ": ", absl::StrJoin(parts, ", "),
                      "\n");
}

// One row of SuiteTable; `get` gives the estimates of a suite or over several.
std::vector<std::string> SuiteRow(
    const std::string& name, const std::string& method, int budget, bool exact,
    const std::function<std::optional<bench::Estimate>(int, Measure)>& get) {
  std::vector<std::string> row = {name, method};
  for (const int n : {10, 20, 50, 100, 200}) {
    if (n <= budget) row.push_back(MeanText(get(n, Measure::kNr)));
  }
  const std::optional<bench::Estimate> last = get(budget, Measure::kNr);
  row.push_back(last && last->error > 0 ? absl::StrFormat("%.4f", last->error) : "-");
  row.push_back(MeanText(get(budget, Measure::kAulc)));
  const std::optional<bench::Estimate> speedup = get(budget, Measure::kLogSpeedup);
  row.push_back(speedup ? absl::StrFormat("%.2fx", std::exp(speedup->mean)) : "-");
  const std::optional<bench::Estimate> gap = get(budget, Measure::kLogGap);
  row.push_back(gap && exact ? absl::StrFormat("%.2f", gap->mean) : "-");
  const std::optional<bench::Estimate> ask = get(budget, Measure::kAskSeconds);
  row.push_back(ask ? absl::StrFormat("%.3f", 1e3 * ask->mean) : "-");
  return row;
}

std::string NumberText(const std::optional<double>& number) {
  return number.has_value() ? ShortNumber(FormatNumber(*number)) : "-";
}

// "minimize", or "minimize, minimize; 2 constraints".
std::string GoalText(const bench::ProblemInfo& info) {
  std::string text(DirectionName(info.direction));
  for (const Direction direction : info.further) {
    absl::StrAppend(&text, ", ", DirectionName(direction));
  }
  if (info.constraints > 0) {
    absl::StrAppend(&text, "; ", Plural(info.constraints, "constraint"));
  }
  return text;
}

}  // namespace

std::string SuiteTable(const bench::Comparison& comparison, int budget) {
  std::vector<std::string> header = {"SUITE", "METHOD"};
  for (const int n : {10, 20, 50, 100, 200}) {
    if (n <= budget) header.push_back(absl::StrCat("NR@", n));
  }
  header.insert(header.end(), {"STDERR", "AULC", "SPEEDUP", "LOG10 GAP", "ASK MS"});
  Table table(std::move(header));
  std::map<std::string, std::vector<std::string>> groups;  // overall rows
  for (const std::string& suite : comparison.Suites()) {
    groups["all suites"].push_back(suite);
    if (IsOfTables(suite)) groups["all tables"].push_back(suite);
    const bool exact = HasExactOptima(suite);
    for (const std::string& method : comparison.methods()) {
      table.AddRow(SuiteRow(suite, method, budget, exact, [&](int n, Measure measure) {
        return comparison.OfSuite(method, suite, n, measure);
      }));
    }
  }
  for (const auto& [name, suites] : groups) {
    if (suites.size() < 2) continue;
    if (name == "all tables" && suites.size() == groups["all suites"].size()) continue;
    const bool exact = std::all_of(suites.begin(), suites.end(), HasExactOptima);
    for (const std::string& method : comparison.methods()) {
      table.AddRow(
          SuiteRow(name, method, budget, exact, [&, &suites = suites](int n, Measure measure) {
            return comparison.Overall(method, suites, n, measure);
          }));
    }
  }
  return table.Render() + FcnetLine(comparison, budget);
}

absl::StatusOr<ExitCode> BenchRun(const Invocation& invocation) {
  const ParsedFlags& flags = invocation.flags;
  QALAM_ASSIGN_OR_RETURN(const int jobs, IntFlag(flags, "jobs", 1, 1));
  QALAM_ASSIGN_OR_RETURN(const int budget, IntFlag(flags, "budget", 1, 200));
  QALAM_ASSIGN_OR_RETURN(const auto problems, LoadChosenProblems(flags));
  const std::string out = flags.ValueOr("out", "");
  QALAM_ASSIGN_OR_RETURN(const RunPlan plan, MakePlan(flags, problems, out));
  if (!out.empty() && !flags.IsOn("resume")) {
    std::error_code ignored;
    std::filesystem::remove(out, ignored);
  }
  absl::Status written;
  const bool progress = !flags.IsOn("quiet") && isatty(invocation.err->fd()) != 0;
  const auto finished = [&](const bench::RunResult& result, int done) {
    if (progress) {
      invocation.err->Write(absl::StrCat("\r", done, " of ",
                                         Plural(static_cast<int64_t>(plan.specs.size()), "run"),
                                         done == static_cast<int>(plan.specs.size()) ? "\n" : ""));
    }
    if (out.empty() || !written.ok()) return;
    bench::RunResult versioned = result;
    versioned.key.version = kVersion;
    written = bench::AppendResults(out, {std::move(versioned)});
  };
  QALAM_ASSIGN_OR_RETURN(const std::vector<bench::RunResult> results,
                         bench::RunAll(plan.specs, jobs, finished));
  QALAM_RETURN_IF_ERROR(written);
  bench::Comparison comparison;
  comparison.Add(plan.known);
  comparison.Add(results);
  invocation.out->Write(SuiteTable(comparison, budget));
  invocation.out->Write(StopTable(comparison));
  return ExitCode::kSuccess;
}

absl::StatusOr<ExitCode> BenchProblems(const Invocation& invocation) {
  const ParsedFlags& flags = invocation.flags;
  if (flags.ValueOr("output", "") != "json" && !flags.Value("suite").has_value()) {
    Table table({"SUITE", "TASKS", "DATA", "WHAT"});
    for (const bench::Suite& suite : bench::Suites()) {
      table.AddRow({suite.name, absl::StrCat(suite.tasks.size()), suite.needs_data ? "yes" : "no",
                    suite.summary});
    }
    invocation.out->Write(table.Render());
    return ExitCode::kSuccess;
  }
  QALAM_ASSIGN_OR_RETURN(const auto problems, LoadChosenProblems(flags));
  Table table({"SUITE", "TASK", "PARAMETERS", "GOAL", "OPTIMUM", "MEDIAN"});
  Json list = Json::array();
  for (const auto& problem : problems) {
    const bench::ProblemInfo& info = problem->info();
    const std::string direction(DirectionName(info.direction));
    table.AddRow({info.suite, info.task, absl::StrCat(info.space->size()), GoalText(info),
                  NumberText(info.optimum), NumberText(info.median)});
    list.push_back({{"suite", info.suite},
                    {"task", info.task},
                    {"direction", direction},
                    {"space", bench::SpaceToJson(*info.space)}});
  }
  const bool json = flags.ValueOr("output", "") == "json";
  invocation.out->Write(json ? list.dump(2) + "\n" : table.Render());
  return ExitCode::kSuccess;
}

}  // namespace qalam
