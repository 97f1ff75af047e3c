// qalam replay: asks for every trial of an experiment again.
#include "controller/replay.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Explanations are long; what matters is where they begin to differ, which JSON shows in full.
constexpr int kShownColumns = 60;

Json ResultJson(const ExperimentRecord& record, const ExperimentSpec& spec,
                const ReplayResult& result) {
  Json differences = Json::array();
  for (const ReplayDifference& difference : result.differences) {
    differences.push_back({{"number", difference.number},
                           {"trial", difference.trial},
                           {"what", difference.what},
                           {"recorded", difference.recorded},
                           {"replayed", difference.replayed}});
  }
  return {{"namespace", record.ns},
          {"experiment", record.name},
          {"algorithm", spec.algorithm.name},
          {"requests", result.requests},
          {"trials", result.trials},
          {"initialTrials", result.initial_trials},
          {"matched", result.matched},
          {"same", result.same()},
          {"differences", std::move(differences)}};
}

std::string ResultText(const ExperimentRecord& record, const ExperimentSpec& spec,
                       const ReplayResult& result) {
  const int64_t all = result.trials + result.initial_trials;
  std::string text = FormatField("Experiment", FullName(record));
  text += FormatField("Algorithm", spec.algorithm.name);
  text += FormatField("Asked again", absl::StrCat(Plural(result.trials, "trial"), " in ",
                                                  Plural(result.requests, "request")));
  if (result.initial_trials > 0) {
    text += FormatField("Given", absl::StrCat(Plural(result.initial_trials, "initial trial")));
  }
  text += FormatField("Matched", absl::StrCat(result.matched, " of ", all));
  if (result.same()) return text;
  text += "First differences:\n";
  Table table({"NUMBER", "TRIAL", "WHAT", "RECORDED", "ASKED AGAIN"}, /*indent=*/2);
  for (const ReplayDifference& difference : result.differences) {
    table.AddRow({absl::StrCat(difference.number), difference.trial, difference.what,
                  Truncate(Printable(difference.recorded), kShownColumns, "..."),
                  Truncate(Printable(difference.replayed), kShownColumns, "...")});
  }
  return text + table.Render();
}

absl::StatusOr<ExitCode> Replay(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         workspace.FindExperiment(invocation.ns, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  QALAM_ASSIGN_OR_RETURN(const ReplayResult result,
                         ReplayExperiment(workspace.store(), record, spec));
  const std::string format = invocation.flags.ValueOr("output", "");
  invocation.out->Write(format.empty() ? ResultText(record, spec, result)
                                       : FormatObject(ResultJson(record, spec, result), format));
  return result.same() ? ExitCode::kSuccess : ExitCode::kFailed;
}

}  // namespace

VerbSpec ReplayVerb() {
  return {.name = "replay",
          .summary = "Ask for every trial of an experiment again and compare",
          .usage = "EXPERIMENT",
          .description =
              "Puts the question for each trial to the algorithm again, in the state in which it\n"
              "was asked: with the trials that existed then, and the results that were known.\n"
              "Parameters, labels and explanation must come out the same to the last bit, however\n"
              "many trials ran at once and however often the experiment was killed and resumed.\n"
              "They differ when another version of the program, another machine or a change of\n"
              "the store has a part in what was proposed.\n\n"
              "The exit code is 0 when everything is the same and 1 when something differs. It\n"
              "takes about as long as the algorithm took for its proposals; nothing is run and\n"
              "nothing written.",
          .min_args = 1,
          .max_args = 1,
          .args = {{.kind = ArgKind::kExperiment}},
          .flags = {{.name = "output",
                     .short_name = 'o',
                     .value = "FORMAT",
                     .help = "Another form",
                     .choices = {"json", "yaml"}}},
          .examples = {{"qalam replay digits", "How many of its trials come out the same"},
                       {"qalam replay digits -o json | jq .differences", "What differs, in full"}},
          .run = Replay};
}

}  // namespace qalam
