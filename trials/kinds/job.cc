// The kind batch/v1 Job. Differences from Kubernetes, for a run on one machine: backoffLimit is 0
// where absent (there it is 6), because a process that failed here mostly fails again; the pod ends
// with its primary container; all pods of a job share its emptyDir volumes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/kinds/field.h"
#include "trials/kinds/pod_builder.h"
#include "trials/kinds/pod_template.h"
#include "trials/manifest.h"

namespace qalam {

JobKind MakeBatchJobKind();

namespace {

constexpr int64_t kMostPods = 100000;

struct JobManifest {
  PodTemplate pod;
  int completions = 1;
  int parallelism = 1;
  int backoff_limit = 0;
  bool indexed = false;
  std::optional<int64_t> active_deadline_seconds;  // the Job's own or the pod's, the shorter
};

// A count of at least `least`, `otherwise` when absent.
int ReadCount(const Field& spec, absl::string_view key, int64_t least, int otherwise) {
  const std::optional<int64_t> count = spec.Integer(key, least);
  if (count.has_value() && *count > kMostPods) {
    spec.Get(key).AddProblem(absl::StrCat("must be at most ", kMostPods, ", not ", *count));
    return otherwise;
  }
  return static_cast<int>(count.value_or(otherwise));
}

void ReadCompletions(const Field& spec, JobManifest* job) {
  job->parallelism = ReadCount(spec, "parallelism", 1, 1);
  // Without completions a Job is a work queue: each of the parallel pods runs once.
  job->completions = ReadCount(spec, "completions", 1, job->parallelism);
  job->parallelism = std::min(job->parallelism, job->completions);
  const std::string mode = spec.Text("completionMode");
  job->indexed = mode == "Indexed";
  const Field field = spec.Get("completionMode");
  if (!mode.empty() && mode != "NonIndexed" && !job->indexed && !field.HoldsPlaceholder()) {
    field.AddProblem(absl::StrCat("must be NonIndexed or Indexed, not \"", mode, "\""));
  }
}

void CheckRestartPolicy(const Field& pod_spec) {
  const Field field = pod_spec.Get("restartPolicy");
  const std::string policy = pod_spec.Text("restartPolicy");
  if (policy.empty() || policy == "Never" || policy == "OnFailure" || field.HoldsPlaceholder()) {
    return;
  }
  field.AddProblem(absl::StrCat("must be Never or OnFailure in a Job, not \"", policy, "\""));
}

// Every problem is told to `problems`; the result is to be used only if there was none.
JobManifest ReadJob(const Json& manifest, const std::string& primary_container,
                    Field::Problems* problems) {
  JobManifest job;
  const Field root(&manifest, "", problems);
  const Field spec = root.Object("spec");
  const Field pod_template = spec.Object("template");
  if (!pod_template.present()) {
    if (!spec.Get("template").present()) pod_template.AddProblem("is required");
    return job;
  }
  job.pod = ReadPodTemplate(pod_template, primary_container);
  CheckRestartPolicy(pod_template.Object("spec"));
  ReadCompletions(spec, &job);
  job.backoff_limit = ReadCount(spec, "backoffLimit", 0, 0);
  if (spec.Bool("suspend", false)) {
    spec.Get("suspend").AddProblem("must not be true: the trial would never start");
  }
  job.active_deadline_seconds = spec.Integer("activeDeadlineSeconds", 1);
  if (const auto& pod_deadline = job.pod.active_deadline_seconds; pod_deadline.has_value()) {
    job.active_deadline_seconds =
        std::min(*pod_deadline, job.active_deadline_seconds.value_or(*pod_deadline));
  }
  return job;
}

std::vector<absl::Status> Validate(const Json& manifest, const std::string& primary_container) {
  Field::Problems problems;
  ReadJob(manifest, primary_container, &problems);
  return problems;
}

absl::StatusOr<Job> Build(const Json& manifest, const JobContext& context) {
  Field::Problems problems;
  const JobManifest read = ReadJob(manifest, context.primary_container, &problems);
  if (!problems.empty()) return problems.front();
  Job job;
  job.completions = read.completions;
  job.parallelism = read.parallelism;
  job.backoff_limit = read.backoff_limit;
  job.indexed = read.indexed;
  if (read.active_deadline_seconds.has_value()) {
    job.active_deadline = absl::Seconds(*read.active_deadline_seconds);
  }
  const PodIdentity identity = IdentifyPod(manifest, read.pod, context);
  QALAM_RETURN_IF_ERROR(BuildPod(read.pod, identity, context, &job));
  return job;
}

// The reason of the Failed condition: Kubernetes' own where it has one.
const char* FailureReason(JobEnd end) {
  switch (end) {
    case JobEnd::kTimeLimit:
      return "DeadlineExceeded";
    case JobEnd::kExitCode:
    case JobEnd::kSignal:
    case JobEnd::kOutOfMemory:
      return "BackoffLimitExceeded";
    default:
      return JobEndName(end);
  }
}

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

Json Status(const JobOutcome& outcome) {
  const bool succeeded = outcome.end == JobEnd::kSucceeded;
  const std::string ended = Rfc3339(outcome.ended);
  Json condition = Json::object();
  condition["type"] = succeeded ? "Complete" : "Failed";
  condition["status"] = "True";
  condition["lastProbeTime"] = ended;
  condition["lastTransitionTime"] = ended;
  if (succeeded) {
    condition["reason"] = "CompletionsReached";
    condition["message"] = "Reached expected number of succeeded pods";
  } else {
    condition["reason"] = FailureReason(outcome.end);
    condition["message"] = outcome.message;
  }
  Json status = Json::object();
  status["conditions"] = Json::array({std::move(condition)});
  status["startTime"] = Rfc3339(outcome.started);
  // As in Kubernetes, only a complete Job has a completion time, and counts of nothing are left
  // out.
  if (succeeded) status["completionTime"] = ended;
  if (outcome.succeeded_pods > 0) status["succeeded"] = outcome.succeeded_pods;
  if (outcome.failed_pods > 0) status["failed"] = outcome.failed_pods;
  status["active"] = 0;
  status["ready"] = 0;
  return status;
}

}  // namespace

JobKind MakeBatchJobKind() {
  JobKind kind;
  kind.api_version = "batch/v1";
  kind.kind = "Job";
  kind.summary = "A pod that runs to completion: one process, with init containers and sidecars";
  kind.default_success_condition = R"(status.conditions.#(type=="Complete")#|#(status=="True")#)";
  kind.default_failure_condition = R"(status.conditions.#(type=="Failed")#|#(status=="True")#)";
  kind.validate = &Validate;
  kind.build = &Build;
  kind.status = &Status;
  return kind;
}

}  // namespace qalam
