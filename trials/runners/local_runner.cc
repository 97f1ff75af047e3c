#include "trials/runners/local_runner.h"

#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/runners/job_plan.h"
#include "trials/runners/machine.h"
#include "trials/runners/resource_ledger.h"
#include "trials/runners/runner_inbox.h"
#include "trials/runners/runner_loop.h"
#include "trials/runners/spare_folders.h"
#include "trials/supervisor/files.h"

namespace qalam {
namespace {

absl::Status MakeJobFolder(const std::string& directory) {
  const int error = supervisor::MakeFolders(directory);
  if (error == 0) return absl::OkStatus();
  const std::string text = absl::StrCat("cannot create the folder \"", directory,
                                        "\" of a job: ", supervisor::ErrnoText(error));
  const bool full = error == ENOSPC || error == EDQUOT || error == ENOMEM || error == EMFILE;
  return full ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

MachineResources WhatToHandOut(const LocalRunnerOptions& options) {
  MachineResources machine = DetectMachine();
  if (options.cpus) machine.cpus = *options.cpus;
  if (options.memory_bytes) machine.memory_bytes = *options.memory_bytes;
  if (options.gpus) machine.gpus = *options.gpus;
  return machine;
}

class LocalRunner final : public Runner {
 public:
  LocalRunner(const MachineResources& machine, JobEventSink* sink)
      : limits_(machine), loop_(machine, &inbox_, sink) {}

  ~LocalRunner() override {
    inbox_.Post({.kind = RunnerCommand::Kind::kStop});
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Open() {
    QALAM_RETURN_IF_ERROR(loop_.Open());
    thread_ = std::thread([this] { loop_.Run(); });
    return absl::OkStatus();
  }

  absl::Status Submit(const Job& job) override {
    QALAM_RETURN_IF_ERROR(CheckJob(job));
    QALAM_RETURN_IF_ERROR(limits_.CheckFits(RequestOf(job)));
    if (!spare_folders_.MoveTo(job.directory)) {
      QALAM_RETURN_IF_ERROR(MakeJobFolder(job.directory));
    }
    if (inbox_.Enter(job.name)) {
      inbox_.Post({.kind = RunnerCommand::Kind::kSubmit, .job = job});
    }
    return absl::OkStatus();
  }

  void Cancel(const std::string& job, absl::Duration grace) override {
    RunnerCommand command = {.kind = RunnerCommand::Kind::kCancel, .grace = grace};
    command.job.name = job;
    inbox_.Post(std::move(command));
  }

  void Release(const Job& job, bool keep_log) override {
    if (inbox_.Holds(job.name)) return;
    if (keep_log) return spare_folders_.Take(job.directory);
    supervisor::RemoveFolder(job.directory);
    for (const char* suffix : {kLogSuffix, kOldLogSuffix}) {
      unlink(absl::StrCat(job.directory, suffix).c_str());
    }
  }

 private:
  SpareFolders spare_folders_;  // the caller's thread only
  RunnerInbox inbox_;
  const ResourceLedger limits_;  // only asked what fits
  RunnerLoop loop_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Runner>> CreateLocalRunner(const LocalRunnerOptions& options,
                                                          JobEventSink* sink) {
  auto runner = std::make_unique<LocalRunner>(WhatToHandOut(options), sink);
  QALAM_RETURN_IF_ERROR(runner->Open());
  return std::unique_ptr<Runner>(std::move(runner));
}

}  // namespace qalam
