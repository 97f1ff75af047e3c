#ifndef QALAM_TRIALS_SUPERVISOR_PLAN_H_
#define QALAM_TRIALS_SUPERVISOR_PLAN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace qalam::supervisor {

// What a supervisor is told to do: a Job (trials/job.h) in the plainest terms. Times in
// nanoseconds.
struct ProcessPlan {
  std::string name;
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "NAME=value", over the host's environment; later ones win
  std::string working_dir;
  std::vector<std::string> cleanup;  // ProcessSpec::cleanup_argv
  std::string unique_name;           // ProcessSpec::unique_name
};

// The words of `argv` for the pod of this number: its number is appended to the unique name.
std::vector<std::string> WordsForPod(const std::vector<std::string>& argv,
                                     const std::string& unique_name, int64_t pod);

struct Plan {
  std::string directory;
  std::string mark;  // "QALAM_JOB=...": in the environment of every process of the job
  std::string gpus;  // ids handed out, separated by commas
  std::vector<ProcessPlan> init;
  ProcessPlan main;
  std::vector<ProcessPlan> sidecars;
  int64_t completions = 1;
  int64_t parallelism = 1;
  int64_t backoff_limit = 0;
  bool indexed = false;   // pods get JOB_COMPLETION_INDEX, and each index must succeed once
  int64_t deadline = -1;  // from the start; -1: none
  int64_t grace = 0;
  int64_t log_limit = 0;       // bytes
  int64_t capture_source = 0;  // CaptureSpec::Source
  std::string capture_path;
  std::vector<std::string> capture_words;
  std::vector<std::string> folders;                        // to be created before the start
  std::vector<std::pair<std::string, std::string>> files;  // path and content: to be written then
  std::string checkpoint;                                  // Job::checkpoint; empty: there is none
  std::string checkpoint_from;                             // its source
  bool checkpoint_kept = false;
  int64_t memory_limit = 0;  // bytes of the whole job; 0: none
  // Folder of the cgroup below which one for the job can be made; empty: memory is sampled instead.
  std::string memory_cgroup;
};

std::string EncodePlan(const Plan& plan);
// False when `bytes` is not a whole plan.
bool DecodePlan(const std::string& bytes, Plan* plan);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_PLAN_H_
