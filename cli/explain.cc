// qalam explain: what the fields of an experiment mean.
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/verb.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

absl::StatusOr<ExitCode> Explain(const Invocation& invocation) {
  std::string path = invocation.args().empty() ? "" : invocation.args()[0];
  // kubectl explain begins with the kind.
  for (const std::string prefix : {"experiment.", "experiments.", "exp."}) {
    if (path.rfind(prefix, 0) == 0) path.erase(0, prefix.size());
  }
  if (path == "experiment" || path == "experiments" || path == "exp") path.clear();
  QALAM_ASSIGN_OR_RETURN(const std::string text, ExplainField(path));
  invocation.out->Write(text);
  if (!text.empty() && text.back() != '\n') invocation.out->Write("\n");
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec ExplainVerb() {
  return {.name = "explain",
          .summary = "Explain the fields of an Experiment",
          .usage = "[FIELD]",
          .description = "Lists each known field below FIELD with its type, default and meaning.",
          .max_args = 1,
          .args = {{.kind = ArgKind::kField,
                    .words = {"spec", "spec.parameters", "spec.objective", "spec.algorithm",
                              "spec.earlyStopping", "spec.metricsCollectorSpec",
                              "spec.trialTemplate"}}},
          .examples = {{"qalam explain spec.objective", "The fields of the objective"},
                       {"qalam explain spec.earlyStopping.algorithmName",
                        "The stopping rules and their settings"},
                       {"qalam explain", "All fields"}},
          .run = Explain};
}

}  // namespace qalam
