// Creating and editing experiments that nobody drives.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "controller/engine.h"
#include "controller/spec/load.h"
#include "controller/spec/sources_json.h"
#include "controller/state.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// A random UUID from the kernel.
absl::StatusOr<std::string> NewUid() {
  constexpr char kSource[] = "/proc/sys/kernel/random/uuid";
  const int fd = open(kSource, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("cannot read ", kSource));
  std::array<char, 36> text{};
  const ssize_t got = read(fd, text.data(), text.size());
  close(fd);
  if (got != static_cast<ssize_t>(text.size())) {
    return absl::UnavailableError(absl::StrCat("cannot read ", kSource));
  }
  return std::string(text.data(), text.size());
}

absl::Status CheckRestart(const ExperimentRecord& record, const ExperimentSpec& spec,
                          const Budget& budget, int64_t trials) {
  const bool reached_max = !record.conditions.empty() && record.condition == "Succeeded" &&
                           record.conditions.back().reason == "ExperimentMaxTrialsReached";
  if (!reached_max) {
    return absl::FailedPreconditionError(absl::StrCat(
        "experiment ", record.ns, "/", record.name, " is finished (", record.condition,
        ") for another reason than its number of trials, so new limits cannot restart it; run it "
        "under another name"));
  }
  if (spec.resume_policy == ResumePolicy::kNever) {
    return absl::FailedPreconditionError(absl::StrCat(
        "spec.resumePolicy: experiment ", record.ns, "/", record.name,
        " is finished and its resumePolicy is Never; only LongRunning and FromVolume allow a "
        "restart. Run it under another name with the policy you want"));
  }
  if (budget.max_trial_count && *budget.max_trial_count <= trials) {
    return absl::InvalidArgumentError(absl::StrCat(
        "spec.maxTrialCount: found ", *budget.max_trial_count,
        "; to restart it must be greater than the ", trials, " trials that there are"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExperimentRecord> CreateExperiment(Store* store, const ExperimentSpec& spec,
                                                  absl::Time now) {
  ExperimentRecord record;
  record.ns = spec.ns;
  record.name = spec.name;
  QALAM_ASSIGN_OR_RETURN(record.uid, NewUid());
  record.created = now;
  record.manifest = spec.manifest->dump();
  Json companions = spec.companion_objects ? *spec.companion_objects : Json::array();
  if (!spec.sources.empty()) companions.push_back(SourcesToJson(spec.sources));
  record.companions = companions.dump();
  record.max_trial_count = spec.budget.max_trial_count;
  record.parallel_trial_count = spec.budget.parallel_trial_count;
  record.max_failed_trial_count = spec.budget.max_failed_trial_count;
  SetCondition(record, "Created", "ExperimentCreated", "Experiment is created", now);
  return store->CreateExperiment(record);
}

absl::StatusOr<ExperimentRecord> EditStoredExperiment(Store* store, const ExperimentRecord& record,
                                                      const ExperimentSpec& spec,
                                                      const Budget& budget, absl::Time now) {
  QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, store->CountTrials(record.id));
  const int64_t trials = CompletedTrials(counts) + counts.created + counts.running;
  const std::vector<absl::Status> problems = ValidateBudget(budget, trials);
  if (!problems.empty()) return problems.front();

  ExperimentRecord edited = record;
  edited.max_trial_count = budget.max_trial_count;
  edited.parallel_trial_count = budget.parallel_trial_count;
  edited.max_failed_trial_count = budget.max_failed_trial_count;
  ++edited.generation;
  std::vector<Change> changes;
  if (record.condition == "Succeeded" || record.condition == "Failed") {
    QALAM_RETURN_IF_ERROR(CheckRestart(record, spec, budget, trials));
    edited.completed = std::nullopt;
    SetCondition(edited, "Restarting", "ExperimentRestarting", "Experiment is restarting", now);
    changes.push_back(EventAppended{record.id, EventRecord{.reason = "ExperimentRestarting",
                                                           .message = "Experiment is restarting",
                                                           .time = now}});
  }
  changes.push_back(ExperimentChange{record.id, edited});
  QALAM_RETURN_IF_ERROR(store->Commit(changes).status());
  return store->GetExperiment(record.ns, record.name);
}

}  // namespace qalam
