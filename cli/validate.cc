// qalam validate: says whether experiments could be run, and what is wrong with them.
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/load_files.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// ", 2 objectives, 1 outcome constraint"; "" for one objective without constraints.
std::string OutcomesText(const Objective& objective) {
  const auto constraints = static_cast<int64_t>(objective.constraints.size());
  std::string text;
  if (objective.count() > 1) absl::StrAppend(&text, ", ", Plural(objective.count(), "objective"));
  if (constraints > 0) absl::StrAppend(&text, ", ", Plural(constraints, "outcome constraint"));
  return text;
}

absl::StatusOr<ExitCode> Validate(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const LoadResult loaded, LoadFiles(invocation));
  const std::string problems = FormatDiagnostics(loaded.diagnostics);
  invocation.err->Write(problems);
  for (const ExperimentSpec& spec : loaded.experiments) {
    invocation.out->Write(absl::StrCat(
        "Experiment ", spec.ns, "/", spec.name, " is valid: ",
        DescribeObjective(spec.objective, spec.further_goals), "; ", spec.algorithm.name, ", ",
        Plural(spec.space->size(), "parameter"), OutcomesText(spec.objective), "\n"));
  }
  return HasErrors(loaded.diagnostics) ? ExitCode::kUsage : ExitCode::kSuccess;
}

}  // namespace

VerbSpec ValidateVerb() {
  return {.name = "validate",
          .summary = "Check experiment files without running anything",
          .usage = "FILE...",
          .description =
              "Prints every problem as FILE:LINE:COLUMN: severity: field: message on standard\n"
              "error, and the experiments that are valid on standard output. The exit code is 2\n"
              "when there is an error. - is standard input. ConfigMaps and Secrets may be in\n"
              "other files than the experiments that use them.",
          .args = {{.kind = ArgKind::kFile}},
          .flags = LoadFlags(),
          .examples = {{"qalam validate experiment.yaml", "Check a file"},
                       {"qalam validate --strict *.yaml", "Find misspelt fields, too"}},
          .run = Validate};
}

}  // namespace qalam
