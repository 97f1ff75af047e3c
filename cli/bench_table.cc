// qalam bench table: compares methods by what files hold of their runs.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/bench.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

using bench::Comparison;
using bench::Measure;

absl::StatusOr<std::string> Baseline(const ParsedFlags& flags, const Comparison& comparison) {
  const std::vector<std::string>& methods = comparison.methods();
  if (methods.empty()) return absl::InvalidArgumentError("the files hold no runs");
  const std::string baseline = flags.ValueOr("against", methods[0]);
  if (std::find(methods.begin(), methods.end(), baseline) != methods.end()) return baseline;
  return absl::NotFoundError(absl::StrCat("--against: there is no method \"", baseline,
                                          "\"; there are ", absl::StrJoin(methods, ", ")));
}

std::string EstimateText(const std::optional<bench::Estimate>& estimate) {
  if (!estimate.has_value()) return "-";
  if (estimate->error == 0) return absl::StrFormat("%.4f", estimate->mean);
  return absl::StrFormat("%.4f +- %.4f", estimate->mean, estimate->error);
}

std::string DuelText(const std::optional<bench::Duel>& duel) {
  if (!duel.has_value()) return "-";
  return absl::StrFormat("%d/%d/%d p=%.2g", duel->wins, duel->ties, duel->losses, duel->p_value);
}

// A row a method: mean rank, regret and the duel with the baseline at each number of evaluations.
std::string OverallTable(const Comparison& comparison, const std::vector<int>& at,
                         const std::string& baseline) {
  std::vector<std::string> header = {"METHOD"};
  for (const int n : at) {
    header.insert(header.end(), {absl::StrCat("NR@", n), "RANK", "W/T/L"});
  }
  header.insert(header.end(), {"SPEEDUP", "ASK MS"});
  Table table(std::move(header));
  const std::vector<std::string> suites = comparison.Suites();
  for (const std::string& method : comparison.methods()) {
    std::vector<std::string> row = {method};
    for (const int n : at) {
      row.push_back(EstimateText(comparison.Overall(method, suites, n, Measure::kNr)));
      const std::optional<double> rank = comparison.MeanRank(method, n);
      row.push_back(rank ? absl::StrFormat("%.2f", *rank) : "-");
      row.push_back(method == baseline ? "" : DuelText(comparison.Compare(method, baseline, n)));
    }
    const int last = at.back();
    const auto speedup = comparison.Overall(method, suites, last, Measure::kLogSpeedup);
    const auto ask = comparison.Overall(method, suites, last, Measure::kAskSeconds);
    row.push_back(speedup ? absl::StrFormat("%.2fx", std::exp(speedup->mean)) : "-");
    row.push_back(ask ? absl::StrFormat("%.3f", 1e3 * ask->mean) : "-");
    table.AddRow(std::move(row));
  }
  return table.Render();
}

}  // namespace

absl::StatusOr<ExitCode> BenchTable(const Invocation& invocation) {
  const std::vector<std::string> paths(invocation.args().begin() + 1, invocation.args().end());
  if (paths.empty()) {
    return absl::InvalidArgumentError("name the CSV files: qalam bench table runs.csv peers.csv");
  }
  QALAM_ASSIGN_OR_RETURN(std::vector<int> at,
                         IntegerListFlag(invocation.flags, "at", "25,50,100,200", 1));
  if (at.empty()) return absl::InvalidArgumentError("--at names no number of evaluations");
  std::sort(at.begin(), at.end());
  QALAM_ASSIGN_OR_RETURN(const std::vector<bench::RunResult> results, bench::ReadResults(paths));
  Comparison comparison;
  comparison.Add(results);
  if (const std::optional<std::string> data = invocation.flags.Value("data")) {
    QALAM_RETURN_IF_ERROR(comparison.AddReferences(*data + "/reference_optimizers.csv"));
  }
  QALAM_ASSIGN_OR_RETURN(const std::string baseline, Baseline(invocation.flags, comparison));
  if (comparison.CommonTasks() == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "there is no task that all methods have run: ", absl::StrJoin(comparison.methods(), ", ")));
  }
  invocation.out->Write(
      absl::StrCat(Plural(comparison.CommonTasks(), "task"), " of ",
                   Plural(static_cast<int64_t>(comparison.Suites().size()), "suite"),
                   " that all methods have run",
                   comparison.OtherTasks() == 0
                       ? ""
                       : absl::StrCat(" (", comparison.OtherTasks(), " others left out)"),
                   ". NR: normalised regret, mean over suites, +- its "
                   "standard error.\n"
                   "RANK: mean rank. W/T/L: tasks won, tied and lost against ",
                   baseline, "; p: Wilcoxon's signed-rank test over tasks.\n\n"));
  invocation.out->Write(OverallTable(comparison, at, baseline));
  invocation.out->Write("\n");
  invocation.out->Write(SuiteTable(comparison, at.back()));
  invocation.out->Write(StopTable(comparison));
  return ExitCode::kSuccess;
}

}  // namespace qalam
