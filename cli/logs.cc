// qalam logs: the output of a trial.
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/log_reader.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr absl::Duration kFollowInterval = absl::Milliseconds(200);

// Which attempt is asked for, of a trial that is in its `current` one.
absl::StatusOr<int> ChooseAttempt(const ParsedFlags& flags, const StoredTrial& trial) {
  QALAM_ASSIGN_OR_RETURN(const std::optional<int64_t> given, IntegerFlag(flags, "attempt", 1));
  if (given.has_value() && flags.IsOn("previous")) {
    return absl::InvalidArgumentError("--attempt and --previous exclude each other");
  }
  if (given.has_value() && *given > trial.attempt) {
    return absl::NotFoundError(absl::StrCat("--attempt: trial ", trial.name, " is in attempt ",
                                            trial.attempt, "; there is no attempt ", *given));
  }
  if (flags.IsOn("previous") && trial.attempt == 1) {
    return absl::NotFoundError(
        absl::StrCat("--previous: trial ", trial.name, " is in its first attempt"));
  }
  if (flags.IsOn("previous")) return trial.attempt - 1;
  return given.has_value() ? static_cast<int>(*given) : trial.attempt;
}

absl::Status NoLog(const StoredTrial& trial, int attempt, const std::string& path) {
  if (trial.condition == TrialCondition::kCreated && attempt == trial.attempt) {
    return absl::FailedPreconditionError(absl::StrCat(
        "trial ", trial.name, " has not started, so there is no log yet; -f waits for it"));
  }
  return absl::NotFoundError(
      absl::StrCat("trial ", trial.name, " has no log of attempt ", attempt, " (", path, ")"));
}

// Prints until the attempt is over: the trial is final or runs again.
absl::Status Follow(const Invocation& invocation, const Workspace& workspace,
                    const Workspace::FoundTrial& found, int attempt) {
  LogReader reader(workspace.dir().LogPath(found.experiment.uid, found.trial.name, attempt));
  while (true) {
    // Asked before reading: what was written until then is read below.
    QALAM_ASSIGN_OR_RETURN(const StoredTrial trial,
                           workspace.store().GetTrial(found.experiment.id, found.trial.name));
    const bool over = IsFinal(trial.condition) || trial.attempt != attempt;
    QALAM_RETURN_IF_ERROR(reader.CopyNew(invocation.out).status());
    invocation.out->Flush();
    QALAM_RETURN_IF_ERROR(invocation.out->status());
    if (over) return absl::OkStatus();
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kFollowInterval));
  }
}

// Follows one attempt after the other, when none was asked for in particular.
absl::Status FollowAll(const Invocation& invocation, const Workspace& workspace,
                       Workspace::FoundTrial found, int attempt, bool only_this) {
  while (true) {
    QALAM_RETURN_IF_ERROR(Follow(invocation, workspace, found, attempt));
    QALAM_ASSIGN_OR_RETURN(found.trial,
                           workspace.store().GetTrial(found.experiment.id, found.trial.name));
    if (only_this || found.trial.attempt == attempt) return absl::OkStatus();
    attempt = found.trial.attempt;
    invocation.err->Write(
        absl::StrCat("trial ", found.trial.name, " runs again, attempt ", attempt, "\n"));
  }
}

absl::StatusOr<ExitCode> Logs(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Open(invocation));
  QALAM_ASSIGN_OR_RETURN(const Workspace::FoundTrial found,
                         workspace.FindTrial(invocation.ns, invocation.args()[0]));
  QALAM_ASSIGN_OR_RETURN(const int attempt, ChooseAttempt(invocation.flags, found.trial));
  if (invocation.flags.IsOn("follow")) {
    const bool only_this =
        invocation.flags.IsOn("previous") || invocation.flags.Value("attempt").has_value();
    QALAM_RETURN_IF_ERROR(FollowAll(invocation, workspace, found, attempt, only_this));
    return ExitCode::kSuccess;
  }
  const std::string path = workspace.dir().LogPath(found.experiment.uid, found.trial.name, attempt);
  LogReader reader(path);
  QALAM_ASSIGN_OR_RETURN(const bool present, reader.CopyNew(invocation.out));
  if (!present) return NoLog(found.trial, attempt, path);
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec LogsVerb() {
  return {.name = "logs",
          .summary = "Print what a trial wrote to standard output and error",
          .usage = "TRIAL",
          .description =
              "The beginning of the trial's name is enough where only one trial begins so. A log\n"
              "over 64 MiB loses its oldest part.",
          .min_args = 1,
          .max_args = 1,
          .args = {{.kind = ArgKind::kTrial}},
          .flags = {{.name = "follow",
                     .short_name = 'f',
                     .help = "Go on with what the trial writes until it ends"},
                    {.name = "attempt",
                     .value = "N",
                     .help = "The log of this attempt instead of the latest"},
                    {.name = "previous",
                     .short_name = 'p',
                     .help = "The log of the attempt before the latest"}},
          .examples = {{"qalam logs digits-x7k2m9qa", "Print a trial's log"},
                       {"qalam logs -f digits-x7", "Follow a trial by the beginning of its name"},
                       {"qalam logs $(qalam best digits -o name)", "The log of the best trial"}},
          .run = Logs};
}

}  // namespace qalam
