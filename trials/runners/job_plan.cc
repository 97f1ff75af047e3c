#include "trials/runners/job_plan.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "trials/supervisor/proc.h"

namespace qalam {
namespace {

supervisor::ProcessPlan PlanFor(const ProcessSpec& process) {
  supervisor::ProcessPlan plan;
  plan.name = process.name;
  plan.argv = process.argv;
  for (const auto& [name, value] : process.env) plan.env.push_back(absl::StrCat(name, "=", value));
  plan.working_dir = process.working_dir;
  plan.cleanup = process.cleanup_argv;
  plan.unique_name = process.unique_name;
  return plan;
}

std::vector<supervisor::ProcessPlan> PlansFor(const std::vector<ProcessSpec>& processes) {
  std::vector<supervisor::ProcessPlan> plans;
  for (const ProcessSpec& process : processes) plans.push_back(PlanFor(process));
  return plans;
}

bool NeedsWorkFolder(const PodSpec& pod) {
  const auto needs = [](const ProcessSpec& process) { return process.working_dir.empty(); };
  return needs(pod.main) || std::any_of(pod.init.begin(), pod.init.end(), needs) ||
         std::any_of(pod.sidecars.begin(), pod.sidecars.end(), needs);
}

absl::Status Wrong(absl::string_view field, absl::string_view value, absl::string_view allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat("job ", field, " is ", value, ": must be ", allowed));
}

}  // namespace

absl::Status CheckJob(const Job& job) {
  if (job.name.empty()) return Wrong("name", "\"\"", "a name that no other job has");
  if (job.directory.empty() || job.directory[0] != '/') {
    return Wrong("directory", absl::StrCat("\"", job.directory, "\""), "an absolute path");
  }
  if (job.checkpoint.has_value() && job.checkpoint->path.find('/') != 0) {
    return Wrong("checkpoint", absl::StrCat("\"", job.checkpoint->path, "\""), "an absolute path");
  }
  if (job.completions < 1) return Wrong("completions", absl::StrCat(job.completions), "at least 1");
  if (job.parallelism < 1) return Wrong("parallelism", absl::StrCat(job.parallelism), "at least 1");
  if (job.backoff_limit < 0) {
    return Wrong("backoff_limit", absl::StrCat(job.backoff_limit), "at least 0");
  }
  if (job.capture.source == CaptureSpec::Source::kFile &&
      (job.capture.path.empty() || job.capture.path[0] != '/')) {
    return Wrong("capture path", absl::StrCat("\"", job.capture.path, "\""), "an absolute path");
  }
  return absl::OkStatus();
}

supervisor::Plan PlanFor(const Job& job, const std::vector<std::string>& gpus,
                         const std::string& memory_cgroup) {
  supervisor::Plan plan;
  plan.directory = job.directory;
  plan.mark = supervisor::MarkOf(job.name, job.directory);
  plan.gpus = absl::StrJoin(gpus, ",");
  plan.init = PlansFor(job.pod.init);
  plan.main = PlanFor(job.pod.main);
  plan.sidecars = PlansFor(job.pod.sidecars);
  plan.completions = job.completions;
  plan.parallelism = job.parallelism;
  plan.backoff_limit = job.backoff_limit;
  plan.indexed = job.indexed;
  if (job.active_deadline && *job.active_deadline != absl::InfiniteDuration()) {
    plan.deadline = absl::ToInt64Nanoseconds(std::max(*job.active_deadline, absl::ZeroDuration()));
  }
  plan.grace = absl::ToInt64Nanoseconds(std::max(job.grace, absl::ZeroDuration()));
  plan.log_limit = job.log_limit_bytes;
  plan.capture_source = static_cast<int64_t>(job.capture.source);
  plan.capture_path = job.capture.path;
  plan.capture_words = job.capture.words;
  if (NeedsWorkFolder(job.pod)) plan.folders.push_back(job.directory + "/work");
  for (const std::string& folder : job.scratch_dirs) {
    const bool absolute = !folder.empty() && folder[0] == '/';
    plan.folders.push_back(absolute ? folder : absl::StrCat(job.directory, "/", folder));
  }
  plan.files = job.files;
  if (job.checkpoint.has_value()) {
    plan.checkpoint = job.checkpoint->path;
    plan.checkpoint_from = job.checkpoint->source;
    plan.checkpoint_kept = job.checkpoint->keeps_content;
  }
  plan.memory_limit =
      job.pod.resources.memory_limit * std::max(1, std::min(job.parallelism, job.completions));
  plan.memory_cgroup = memory_cgroup;
  return plan;
}

JobOutcome OutcomeOf(const supervisor::EndRecord& record) {
  JobOutcome outcome;
  outcome.end = record.end;
  outcome.exit_code = static_cast<int>(record.exit_code);
  outcome.signal = static_cast<int>(record.signal);
  outcome.message = record.message;
  outcome.started = absl::FromUnixNanos(record.started);
  outcome.ended = absl::FromUnixNanos(record.ended);
  outcome.succeeded_pods = static_cast<int>(record.succeeded_pods);
  outcome.failed_pods = static_cast<int>(record.failed_pods);
  return outcome;
}

}  // namespace qalam
