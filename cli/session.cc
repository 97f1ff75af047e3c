#include "cli/session.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/remote_control.h"
#include "cli/reporter.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/stopper.h"
#include "controller/control.h"
#include "controller/objects.h"
#include "core/status_macros.h"
#include "trials/manifest.h"
#include "trials/runners/local_runner.h"

namespace qalam {
namespace {

constexpr absl::Duration kDrivenPollInterval = absl::Milliseconds(50);

absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const Invocation& invocation,
                                                   const Workspace& workspace,
                                                   const RunSettings& settings,
                                                   EngineObserver* observer) {
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                         CreateEngine({.store = &workspace.store(),
                                       .clock = invocation.clock,
                                       .observer = observer,
                                       .data_dir = workspace.dir().root(),
                                       .image_map = settings.image_map,
                                       .container_engine = settings.container_engine}));
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Runner> runner, CreateLocalRunner({}, engine->sink()));
  engine->UseRunner(std::move(runner));
  return engine;
}

std::unique_ptr<Reporter> MakeReporter(const Invocation& invocation, const RunSettings& settings) {
  if (settings.show == RunSettings::Show::kEvents) {
    return MakeJsonReporter(invocation.out, invocation.clock);
  }
  if (settings.quiet) return MakePlainReporter(invocation.err, invocation.clock, /*quiet=*/true);
  Output* const output =
      settings.show == RunSettings::Show::kObjects ? invocation.err : invocation.out;
  const char* const term = std::getenv("TERM");
  const bool can_draw = output->IsTerminal() && term != nullptr && std::string(term) != "dumb";
  return can_draw ? MakeLiveReporter(output, invocation.clock)
                  : MakePlainReporter(output, invocation.clock, /*quiet=*/false);
}

// Says once for each image that its trials run without it.
void NoteIgnoredImages(const std::vector<DriveItem>& items, const RunSettings& settings,
                       Reporter& reporter) {
  JobContext context;
  context.image_map = settings.image_map;
  context.container_engine = settings.container_engine;
  std::set<std::string> images;
  for (const DriveItem& item : items) {
    if (item.spec.trial_template.manifest == nullptr) continue;
    for (std::string& image : IgnoredImages(*item.spec.trial_template.manifest, context)) {
      images.insert(std::move(image));
    }
  }
  for (const std::string& image : images) {
    reporter.Note(absl::StrCat("image ", image,
                               " is ignored: its commands run as processes of this "
                               "machine; --image-map ",
                               image,
                               "=DIR names a folder to run them in, "
                               "--container-engine podman runs the image"));
  }
}

absl::Status StartItem(const Workspace& workspace, const DriveItem& item, Engine& engine,
                       Reporter& reporter) {
  std::vector<StoredTrial> active;
  if (item.resumed) {
    QALAM_RETURN_IF_ERROR(workspace.store().VisitTrials(
        item.record.id, TrialQuery{.active_only = true, .with_conditions = false},
        [&](StoredTrial trial) {
          active.push_back(std::move(trial));
          return true;
        }));
  }
  reporter.Begin(item.record, item.spec, item.resumed, active);
  return engine.Start(item.record, item.spec);
}

int Severity(ExitCode code) {
  switch (code) {
    case ExitCode::kSuccess:
      return 0;
    case ExitCode::kFailed:
      return 1;
    case ExitCode::kStopped:
      return 2;
    default:
      return 3;
  }
}

absl::Status ShowResults(const Invocation& invocation, const Workspace& workspace,
                         const std::vector<ExperimentRecord>& records,
                         const RunSettings& settings) {
  if (settings.show == RunSettings::Show::kObjects) {
    Json items = Json::array();
    for (const ExperimentRecord& record : records) {
      QALAM_ASSIGN_OR_RETURN(Json object, ExperimentObject(workspace.store(), record));
      items.push_back(std::move(object));
    }
    Json result = items.size() == 1 ? std::move(items[0]) : ListObject(std::move(items));
    invocation.out->Write(FormatObject(result, settings.format));
  } else if (settings.show == RunSettings::Show::kText && !settings.quiet) {
    for (const ExperimentRecord& record : records) {
      QALAM_ASSIGN_OR_RETURN(const std::string summary,
                             SummarizeResult(workspace, record, invocation.clock->Now()));
      invocation.out->Write(absl::StrCat("\n", summary));
    }
  }
  return absl::OkStatus();
}

// Drives the items until nothing is left to drive. `stopped` is set when a stop was asked for.
absl::Status DriveToEnd(const Invocation& invocation, const Workspace& workspace,
                        const std::vector<DriveItem>& items, const RunSettings& settings,
                        Reporter& reporter, bool* stopped) {
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                         MakeEngine(invocation, workspace, settings, &reporter));
  std::vector<ExperimentRecord> records;
  for (const DriveItem& item : items) records.push_back(item.record);
  Stopper stopper(engine.get(), &reporter, std::move(records));
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<SignalWatcher> watcher,
                         SignalWatcher::Start({SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGTSTP, SIGCONT},
                                              [&](int signal) { stopper.OnSignal(signal); }));
  NoteIgnoredImages(items, settings, reporter);
  std::vector<std::unique_ptr<ControlServer>> servers;
  absl::Status result;
  for (const DriveItem& item : items) {
    const absl::Status started = StartItem(workspace, item, *engine, reporter);
    if (!started.ok()) {
      result.Update(started);
      continue;
    }
    auto server =
        ListenForControl(workspace.dir().ControlPath(item.record.uid), [&](const Json& request) {
          return HandleRequest(
              *engine, item.record.ns, item.record.name,
              [&](StopMode mode) { return stopper.StopOne(item.record, mode); }, request);
        });
    if (server.ok()) {
      servers.push_back(*std::move(server));
    } else {
      reporter.Note(absl::StrCat("`qalam stop` and `qalam edit` cannot reach this process: ",
                                 server.status().message()));
    }
  }
  stopper.StopLateStarters();
  engine->WaitUntilIdle();
  servers.clear();
  watcher.reset();
  *stopped = stopper.requested();
  return result;
}

}  // namespace

absl::StatusOr<ExitCode> Drive(const Invocation& invocation, const Workspace& workspace,
                               const std::vector<DriveItem>& items, const RunSettings& settings) {
  std::vector<DriveItem> open;
  for (const DriveItem& item : items) {
    if (!IsComplete(item.record)) {
      open.push_back(item);
    } else if (!settings.quiet) {
      invocation.err->Write(
          absl::StrCat("experiment ", FullName(item.record), " is finished; this is its result\n"));
    }
  }
  bool stopped = false;
  absl::Status driven;
  if (!open.empty()) {
    const std::unique_ptr<Reporter> reporter = MakeReporter(invocation, settings);
    driven = DriveToEnd(invocation, workspace, open, settings, *reporter, &stopped);
    reporter->End();
  }
  std::vector<ExperimentRecord> records;
  ExitCode worst = ExitCode::kSuccess;
  for (const DriveItem& item : items) {
    QALAM_ASSIGN_OR_RETURN(ExperimentRecord record,
                           workspace.store().GetExperiment(item.record.ns, item.record.name));
    ExitCode code = ExitCodeOf(record);
    if (code == ExitCode::kError && stopped) code = ExitCode::kStopped;
    if (Severity(code) > Severity(worst)) worst = code;
    records.push_back(std::move(record));
  }
  QALAM_RETURN_IF_ERROR(driven);
  QALAM_RETURN_IF_ERROR(ShowResults(invocation, workspace, records, settings));
  return worst;
}

absl::StatusOr<bool> MayHaveLeftovers(const Workspace& workspace, const ExperimentRecord& record) {
  if (IsComplete(record) || record.condition == "Suspended") return false;
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, workspace.store().CountTrials(record.id));
  return counts.created + counts.running > 0;
}

absl::Status StopAbandoned(const Invocation& invocation, const Workspace& workspace,
                           const ExperimentRecord& record, StopMode mode) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                         MakeEngine(invocation, workspace, {}, /*observer=*/nullptr));
  QALAM_RETURN_IF_ERROR(engine->Start(record, spec));
  const absl::Status stopped = engine->Stop(record.ns, record.name, mode);
  engine->WaitUntilIdle();
  // NotFound: it came to its own end first.
  return absl::IsNotFound(stopped) ? absl::OkStatus() : stopped;
}

absl::StatusOr<ExperimentRecord> WaitUntilUndriven(const Workspace& workspace,
                                                   const ExperimentRecord& record) {
  while (workspace.IsDriven(record)) {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kDrivenPollInterval));
  }
  return workspace.store().GetExperiment(record.ns, record.name);
}

absl::StatusOr<ExperimentRecord> EditUnderLock(const Invocation& invocation,
                                               const Workspace& workspace,
                                               const ExperimentRecord& record,
                                               const ExperimentSpec& spec, const Budget& budget) {
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<ExperimentLock> lock,
                         TakeExperimentLock(workspace.dir().LockPath(record.uid),
                                            absl::StrCat("experiment ", FullName(record))));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord current,
                         workspace.store().GetExperiment(record.ns, record.name));
  return EditStoredExperiment(&workspace.store(), current, spec, budget, invocation.clock->Now());
}

}  // namespace qalam
