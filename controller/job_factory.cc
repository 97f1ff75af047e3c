#include "controller/job_factory.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/trial_names.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"

namespace qalam {
namespace {

const JobKind* KindOf(const Json& manifest) {
  const auto text = [&](const char* key) {
    const auto it = manifest.find(key);
    return it != manifest.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  return FindJobKind(text("apiVersion"), text("kind"));
}

// The variables that trials inherit.
std::map<std::string, std::string> InheritedEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::pair<std::string, std::string> variable =
        absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    variables.insert(variable);
  }
  return variables;
}

std::string NodeName() {
  utsname names{};
  return uname(&names) == 0 ? names.nodename : "";
}

// Threads a trial may use so that all parallel trials together fit the machine.
int DefaultThreads(int64_t parallel) {
  const int64_t cores = std::max(1U, std::thread::hardware_concurrency());
  return static_cast<int>(std::max<int64_t>(1, cores / std::max<int64_t>(parallel, 1)));
}

CaptureSpec CaptureFor(const ExperimentSpec& spec, const std::string& rewritten_path) {
  CaptureSpec capture;
  switch (spec.collector.kind) {
    case CollectorKind::kStdOut:
      capture.source = CaptureSpec::Source::kOutput;
      break;
    case CollectorKind::kFile:
      capture.source = CaptureSpec::Source::kFile;
      capture.path = rewritten_path;
      break;
    case CollectorKind::kNone:
      capture.source = CaptureSpec::Source::kNone;
      break;
  }
  for (const MetricSpec& metric : spec.objective.metrics) capture.words.push_back(metric.name);
  return capture;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobFactory>> JobFactory::Create(
    const ExperimentSpec& spec, const std::string& experiment_uid, const DataDir& data_dir,
    const std::map<std::string, std::string>& image_map, const std::string& container_engine) {
  if (spec.trial_template.manifest == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "experiment ", spec.ns, "/", spec.name,
        " has no trialTemplate: its trials are run by clients of `qalam serve`; it goes on "
        "when one of them creates it again"));
  }
  const JobKind* kind = KindOf(*spec.trial_template.manifest);
  if (kind == nullptr) {
    return absl::InvalidArgumentError(
        "spec.trialTemplate.trialSpec: this kind of job cannot be run here");
  }
  QALAM_ASSIGN_OR_RETURN(StatusJudge judge,
                         StatusJudge::Create(spec.trial_template.success_condition,
                                             spec.trial_template.failure_condition));
  auto factory = std::unique_ptr<JobFactory>(
      new JobFactory(spec, experiment_uid, data_dir, *kind, std::move(judge)));
  JobContext& context = factory->context_;
  context.primary_container = spec.trial_template.primary_container;
  context.experiment = spec.name;
  context.companions = &spec.companions;
  context.claims_directory = absl::StrCat(data_dir.ExperimentPath(experiment_uid), "/claims");
  context.image_map = image_map;
  context.container_engine = container_engine;
  if (spec.collector.kind == CollectorKind::kFile) context.metrics_path = spec.collector.path;
  context.default_threads = DefaultThreads(spec.budget.parallel_trial_count);
  context.environment = InheritedEnvironment();
  context.node_name = NodeName();
  return factory;
}

absl::StatusOr<Job> JobFactory::Build(const std::string& trial, int attempt,
                                      const NamedValues& values,
                                      const std::map<std::string, std::string>& labels) const {
  TrialIdentity identity{.name = trial, .ns = spec_.ns, .labels = labels};
  identity.labels["katib.kubeflow.org/experiment"] = spec_.name;
  identity.labels["katib.kubeflow.org/trial"] = trial;
  QALAM_ASSIGN_OR_RETURN(const Json manifest,
                         RenderManifest(spec_.trial_template, values, identity));
  JobContext context = context_;
  context.directory = data_dir_.AttemptPath(experiment_uid_, trial, attempt);
  const CheckpointSpec& checkpoint = spec_.trial_template.checkpoint;
  if (checkpoint.declared()) {
    context.checkpoint_path = checkpoint.path;
    context.checkpoint_folder = CheckpointFolderOf(trial);
  }
  QALAM_ASSIGN_OR_RETURN(Job job, kind_.build(manifest, context));
  job.name = JobName(trial, attempt);
  job.directory = context.directory;
  job.capture = CaptureFor(spec_, job.capture.path);
  if (checkpoint.declared()) {
    job.checkpoint = CheckpointFolder{
        .path = context.checkpoint_folder,
        // The first attempt may find the folder of a trial of this name that a crash undid.
        .keeps_content = checkpoint.retry_from_own && attempt > 1};
    if (const std::optional<int64_t> parent = ResumedTrial(labels); parent.has_value()) {
      job.checkpoint->source = CheckpointFolderOf(TrialName(spec_.name, experiment_uid_, *parent));
    }
  }
  return job;
}

std::string JobFactory::CheckpointFolderOf(const std::string& trial) const {
  return data_dir_.CheckpointPath(experiment_uid_, trial);
}

std::string JobFactory::JobName(const std::string& trial, int attempt) const {
  return absl::StrCat(experiment_uid_, "/", trial, "/", attempt);
}

Job JobFactory::ReleasedJob(const std::string& trial, int attempt) const {
  Job job;
  job.name = JobName(trial, attempt);
  job.directory = data_dir_.AttemptPath(experiment_uid_, trial, attempt);
  return job;
}

Judgement JobFactory::Judge(const std::string& trial, const JobOutcome& outcome) const {
  Json object = *spec_.trial_template.manifest;
  object["metadata"]["name"] = trial;
  object["metadata"]["namespace"] = spec_.ns;
  object["status"] = kind_.status(outcome);
  return judge_.Judge(object);
}

}  // namespace qalam
