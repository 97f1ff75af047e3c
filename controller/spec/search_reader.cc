#include "controller/spec/search_reader.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/structure.h"

namespace qalam {
namespace {

absl::Status ProblemsOf(Report* report) {
  std::string message;
  for (const Diagnostic& problem : report->Take()) {
    if (problem.severity != Diagnostic::Severity::kError) continue;
    absl::StrAppend(&message, message.empty() ? "" : "; ", problem.path,
                    problem.path.empty() ? "" : ": ", problem.message);
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace

SuggesterSpec SearchSpec::made_for() const {
  return {.space = space,
          .objective = objective,
          .settings = algorithm.settings,
          .seed = seed,
          .max_trial_count = budget.max_trial_count,
          .parallel_trial_count = budget.parallel_trial_count};
}

absl::StatusOr<SearchSpec> ReadSearch(const Json& experiment) {
  const YamlPtr document = YamlFromJson(experiment);
  const std::string no_file;
  Report report;
  const SpecField root(document.get(), "", &no_file, &report);
  CheckStructure(root, /*strict=*/true);
  const SpecField spec = root.At("spec");
  ExperimentSpec read;
  read.name = root.At("metadata").At("name").Text();
  read.objective = ReadObjective(spec, &read.further_goals);
  read.space = ReadSpace(spec);
  read.algorithm = ReadAlgorithm(spec.At("algorithm"), /*otherwise=*/"");
  read.seed = ReadSeed(spec.At("seed"), read);
  if (report.errors() > 0) return ProblemsOf(&report);
  return SearchSpec{.name = read.name,
                    .space = read.space,
                    .objective = std::move(read.objective),
                    .algorithm = std::move(read.algorithm),
                    .budget = ReadBudget(spec),
                    .seed = read.seed};
}

}  // namespace qalam
