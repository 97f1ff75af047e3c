// qalam delete: removes an experiment with its trials and their files.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/remote_control.h"
#include "cli/session.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/control.h"
#include "core/json.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Asks on the terminal. False for anything but yes.
bool Confirm(const Invocation& invocation, const std::string& question) {
  invocation.out->Flush();
  invocation.err->Write(absl::StrCat(question, " [y/N] "));
  std::array<char, 64> buffer;
  const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
  const std::string answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(
      absl::string_view(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0)));
  return answer == "y" || answer == "yes";
}

absl::StatusOr<ExperimentRecord> Find(const Invocation& invocation, const Workspace& workspace) {
  const std::vector<std::string>& args = invocation.args();
  if (args.size() == 1) {
    if (args[0].find('/') != std::string::npos) {
      return workspace.FindExperiment(invocation.ns, args[0]);
    }
    return absl::InvalidArgumentError(
        absl::StrCat("say what to delete: qalam delete experiment ", args[0]));
  }
  if (args[0] == "experiment" || args[0] == "experiments" || args[0] == "exp") {
    return workspace.FindExperiment(invocation.ns, args[1]);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", args[0], "\" cannot be deleted by itself; only an experiment, with all its trials"));
}

// Sees to it that nothing of the experiment runs.
absl::Status EndDriving(const Invocation& invocation, const Workspace& workspace,
                        const ExperimentRecord& record) {
  if (!workspace.IsDriven(record)) {
    QALAM_ASSIGN_OR_RETURN(const bool leftovers, MayHaveLeftovers(workspace, record));
    return leftovers ? StopAbandoned(invocation, workspace, record, StopMode::kNow)
                     : absl::OkStatus();
  }
  if (!invocation.flags.IsOn("now")) {
    return absl::FailedPreconditionError(
        absl::StrCat("experiment ", FullName(record),
                     " is being run by another process; `qalam "
                     "stop ",
                     record.name, "` stops it, `qalam delete --now` stops and deletes it"));
  }
  const absl::Status asked =
      SendControl(workspace.dir().ControlPath(record.uid), StopRequest(StopMode::kNow));
  if (!asked.ok() && !absl::IsUnavailable(asked) && !absl::IsNotFound(asked)) return asked;
  return WaitUntilUndriven(workspace, record).status();
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the experiment is deleted, but its folder ", path,
                                             " cannot be removed: ", error.message()));
}

absl::StatusOr<ExitCode> Delete(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record, Find(invocation, workspace));
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, workspace.store().CountTrials(record.id));
  const std::string what =
      absl::StrCat("experiment ", FullName(record), " with ", Plural(TotalTrials(counts), "trial"));
  if (workspace.IsDriven(record) && !invocation.flags.IsOn("now")) {
    QALAM_RETURN_IF_ERROR(EndDriving(invocation, workspace, record));
  }
  if (!invocation.flags.IsOn("yes")) {
    if (isatty(STDIN_FILENO) != 1) {
      return absl::FailedPreconditionError(absl::StrCat(
          "there is no terminal to ask whether to delete ", what, "; --yes deletes it unasked"));
    }
    if (!Confirm(invocation, absl::StrCat("Delete ", what, " and their logs?"))) {
      invocation.out->Write("nothing was deleted\n");
      return ExitCode::kSuccess;
    }
  }
  QALAM_RETURN_IF_ERROR(EndDriving(invocation, workspace, record));
  // Held until the end, so that nobody begins to drive what is being deleted.
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<ExperimentLock> lock,
                         TakeExperimentLock(workspace.dir().LockPath(record.uid),
                                            absl::StrCat("experiment ", FullName(record))));
  QALAM_RETURN_IF_ERROR(workspace.store().DeleteExperiment(record.id));
  QALAM_RETURN_IF_ERROR(RemoveTree(workspace.dir().ExperimentPath(record.uid)));
  invocation.out->Write(absl::StrCat("deleted ", what, "\n"));
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec DeleteVerb() {
  return {
      .name = "delete",
      .summary = "Delete an experiment with its trials and their logs",
      .usage = "experiment NAME",
      .description =
          "Asks first when standard input is a terminal. Refused while another process runs\n"
          "the experiment, unless --now is given.",
      .min_args = 1,
      .max_args = 2,
      .args = {{.kind = ArgKind::kWord, .words = {"experiment"}}, {.kind = ArgKind::kExperiment}},
      .flags = {{.name = "yes", .short_name = 'y', .help = "Do not ask"},
                {.name = "now", .help = "Stop it first, killing running trials"}},
      .examples = {{"qalam delete experiment digits", "Delete an experiment"},
                   {"qalam delete experiment digits --now --yes",
                    "Stop and delete it without being asked"}},
      .run = Delete};
}

}  // namespace qalam
