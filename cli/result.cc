#include "cli/result.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/best_trials.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "controller/objects.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

// Rows of a front at the end of a run; `qalam best` shows all.
constexpr size_t kShownFront = 10;

// What a person may want to type next, ready to be copied.
std::string NextCommands(const Workspace& workspace, const ExperimentRecord& record,
                         const BestTrials& found) {
  const std::string qalam = ProgramFor(workspace, record);
  std::vector<std::string> commands = {absl::StrCat("describe ", record.name)};
  if (found.front.size() > kShownFront) commands.push_back(absl::StrCat("best ", record.name));
  if (found.best.has_value()) commands.push_back(absl::StrCat("logs ", found.best->name));
  // Its parameters are not all that it was trained with.
  if (found.best.has_value() && ResumedTrial(found.best->labels).has_value()) {
    commands.push_back(absl::StrCat("lineage ", record.name));
  }
  if (IsComplete(record)) {
    commands.push_back(absl::StrCat("export ", record.name, " --format csv"));
  } else {
    commands.insert(commands.begin(), absl::StrCat("resume ", record.name));
  }
  std::string text;
  for (const std::string& command : commands) {
    absl::StrAppend(&text, text.empty() ? "Next:   " : "        ", qalam, " ", command, "\n");
  }
  return text;
}

std::string BestTrialText(const StoredTrial& best, const Objective& objective) {
  std::string text = absl::StrCat("Best:   ", best.name);
  absl::StrAppend(&text, "  ", NamedObjectives(best, objective, /*brief=*/false), "  (",
                  DescribeObjective(objective), ")\n");
  Table table({"", ""}, /*indent=*/8);
  for (const auto& [name, value] : best.assignment) table.AddRow({name, value});
  return text + table.Render(/*with_header=*/false);
}

std::string BestTrialsText(const BestTrials& found, const Objective& objective) {
  if (found.nearest.has_value()) {
    return absl::StrCat("Best:   ", WhyNoBest(found.nearest, objective), "\n");
  }
  if (!found.best.has_value()) {
    return absl::StrCat("Best:   none: no trial ",
                        objective.constraints.empty() ? "" : "keeps to the constraints and ",
                        "reported a finite objective\n");
  }
  if (objective.count() == 1) return BestTrialText(*found.best, objective);
  return absl::StrCat("Front:  ", Plural(static_cast<int64_t>(found.front.size()), "trial"), "  (",
                      DescribeObjective(objective), ")\n",
                      FrontTable(found.front, objective, kShownFront, /*indent=*/8));
}

}  // namespace

std::string ProgramFor(const Workspace& workspace, const ExperimentRecord& record) {
  const std::string& root = workspace.dir().root();
  std::string qalam = "qalam";
  if (root != DataDir::DefaultRoot()) absl::StrAppend(&qalam, " --data-dir ", ShellQuote(root));
  if (record.ns != "default") absl::StrAppend(&qalam, " -n ", ShellQuote(record.ns));
  return qalam;
}

ConditionRecord CurrentCondition(const ExperimentRecord& record) {
  for (auto it = record.conditions.rbegin(); it != record.conditions.rend(); ++it) {
    if (it->type == record.condition) return *it;
  }
  return {.type = record.condition};
}

ExitCode ExitCodeOf(const ExperimentRecord& record) {
  if (record.condition == "Succeeded") return ExitCode::kSuccess;
  if (record.condition == "Failed") return ExitCode::kFailed;
  if (record.condition == "Suspended") return ExitCode::kStopped;
  return ExitCode::kError;
}

absl::StatusOr<std::string> SummarizeResult(const Workspace& workspace,
                                            const ExperimentRecord& record, absl::Time now) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, workspace.store().CountTrials(record.id));
  QALAM_ASSIGN_OR_RETURN(const BestTrials found,
                         ReadBestTrials(workspace.store(), record.id, spec.objective));
  const ConditionRecord condition = CurrentCondition(record);
  std::string text = absl::StrCat(FullName(record), " ", record.condition);
  if (!condition.message.empty()) absl::StrAppend(&text, ": ", Printable(condition.message));
  const int64_t total = TotalTrials(counts);
  absl::StrAppend(&text, "\nTrials: ", total);
  if (total > 0) absl::StrAppend(&text, ": ", FormatCounts(counts));
  if (record.started.has_value()) {
    absl::StrAppend(&text, "; ", FormatElapsed(record.completed.value_or(now) - *record.started));
  }
  text += "\n";
  text += BestTrialsText(found, spec.objective);
  absl::StrAppend(&text, "Logs:   ", workspace.dir().ExperimentPath(record.uid), "\n",
                  NextCommands(workspace, record, found));
  return text;
}

Json ListObject(Json items) {
  return {{"apiVersion", "v1"},
          {"kind", "List"},
          {"metadata", {{"resourceVersion", ""}}},
          {"items", std::move(items)}};
}

std::string FormatObject(const Json& json, const std::string& format) {
  std::string text =
      format == "yaml" ? ToYaml(json) : json.dump(2, ' ', false, Json::error_handler_t::replace);
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

std::string DescribeBudget(const Budget& budget) {
  std::string text = budget.max_trial_count.has_value() ? Plural(*budget.max_trial_count, "trial")
                                                        : "no limit of trials";
  absl::StrAppend(&text, ", ", budget.parallel_trial_count, " at once");
  if (budget.max_failed_trial_count.has_value()) {
    absl::StrAppend(&text, ", fails at ", *budget.max_failed_trial_count, " failed");
  }
  return text;
}

}  // namespace qalam
