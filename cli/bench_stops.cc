// What stopping rules did in the runs of `qalam bench`.
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/bench.h"
#include "cli/table.h"

namespace qalam {
namespace {

using bench::Measure;

std::string PercentText(const bench::Estimate& estimate) {
  return absl::StrFormat("%.1f +- %.1f", 100 * estimate.mean, 100 * estimate.error);
}

}  // namespace

std::string StopTable(const bench::Comparison& comparison) {
  constexpr int kEnd = std::numeric_limits<int>::max();
  const std::vector<std::string> suites = comparison.Suites();
  Table table({"METHOD", "BEGUN", "STOPPED %", "BEST STOPPED %", "BETTER %", "SAVED %"});
  for (const std::string& method : comparison.methods()) {
    const auto begun = comparison.Overall(method, suites, kEnd, Measure::kBegun);
    const auto stopped = comparison.Overall(method, suites, kEnd, Measure::kStoppedShare);
    const auto best = comparison.Overall(method, suites, kEnd, Measure::kMissedBest);
    const auto missed = comparison.Overall(method, suites, kEnd, Measure::kMissedShare);
    const auto saved = comparison.Overall(method, suites, kEnd, Measure::kSaved);
    if (!begun || !stopped || !best || !missed || !saved || stopped->mean == 0) continue;
    table.AddRow({method, absl::StrFormat("%.1f", begun->mean),
                  absl::StrFormat("%.1f", 100 * stopped->mean), PercentText(*best),
                  PercentText(*missed), PercentText(*saved)});
  }
  if (table.empty()) return "";
  return absl::StrCat(
      "\nBEGUN: configurations of a run that were trained at all; STOPPED: those of them that were "
      "never trained\nin full. BEST STOPPED: runs in which the best of those begun was stopped. "
      "BETTER: stopped ones that\ncome to better in full than the best of the run. SAVED: epochs "
      "that training all in full had cost more.\n\n",
      table.Render());
}

}  // namespace qalam
