// qalam bench latency: how long a suggestion takes.
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/latency.h"
#include "cli/bench.h"
#include "cli/csv.h"
#include "cli/table.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Every combination of what the flags list, the longest histories last.
absl::StatusOr<std::vector<bench::LatencyCase>> Cases(const ParsedFlags& flags) {
  QALAM_ASSIGN_OR_RETURN(const std::vector<int> histories,
                         IntegerListFlag(flags, "history", "10,100,1000,10000", 0));
  QALAM_ASSIGN_OR_RETURN(const std::vector<int> dimensions,
                         IntegerListFlag(flags, "dimensions", "4,10,20,40", 1));
  QALAM_ASSIGN_OR_RETURN(const int asks, IntFlag(flags, "asks", 1, 11));
  QALAM_ASSIGN_OR_RETURN(const int objectives, IntFlag(flags, "objectives", 1, 1));
  std::vector<bench::LatencyCase> cases;
  for (const std::string& algorithm : ListFlag(flags, "algorithm", "")) {
    QALAM_ASSIGN_OR_RETURN(const bench::AlgorithmChoice choice, bench::ParseAlgorithm(algorithm));
    for (const std::string& space : ListFlag(flags, "space", "continuous,mixed")) {
      if (space != "continuous" && space != "mixed") {
        return absl::InvalidArgumentError(
            absl::StrCat("--space: \"", space, "\" is not one of continuous or mixed"));
      }
      for (const int dimension : dimensions) {
        for (const int history : histories) {
          cases.push_back({choice, space == "mixed", dimension, history, asks, objectives});
        }
      }
    }
  }
  if (cases.empty()) {
    return absl::InvalidArgumentError("name algorithms with --algorithm, such as random,sobol");
  }
  return cases;
}

std::vector<std::string> LatencyRow(const bench::LatencyCase& measured,
                                    const bench::LatencyResult& result) {
  const auto milliseconds = [](double value) { return absl::StrFormat("%.3f", value); };
  return {measured.algorithm.label,
          measured.mixed ? "mixed" : "continuous",
          absl::StrCat(measured.dimensions),
          absl::StrCat(measured.history),
          milliseconds(result.median),
          milliseconds(result.p90),
          absl::StrFormat("%.0f", static_cast<double>(result.resident_bytes) / (1 << 20)),
          milliseconds(result.cold),
          milliseconds(result.wall_median)};
}

}  // namespace

absl::StatusOr<ExitCode> BenchLatency(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const std::vector<bench::LatencyCase> cases, Cases(invocation.flags));
  Table table({"ALGORITHM", "SPACE", "PARAMETERS", "TRIALS", "MEDIAN MS", "P90 MS", "MEMORY MB",
               "COLD MS", "WALL MS"});
  std::string csv = CsvRow({"algorithm", "space", "dimensions", "history", "median_ms", "p90_ms",
                            "resident_mb", "cold_ms", "wall_ms"});
  for (const bench::LatencyCase& measured : cases) {
    QALAM_ASSIGN_OR_RETURN(const bench::LatencyResult result, bench::MeasureLatency(measured));
    std::vector<std::string> row = LatencyRow(measured, result);
    csv += CsvRow(row);
    table.AddRow(std::move(row));
  }
  invocation.out->Write(table.Render());
  const std::optional<std::string> out = invocation.flags.Value("out");
  if (!out.has_value()) return ExitCode::kSuccess;
  std::ofstream file(*out, std::ios::trunc);
  file << csv;
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", *out));
  return ExitCode::kSuccess;
}

}  // namespace qalam
