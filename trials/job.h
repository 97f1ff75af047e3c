#ifndef QALAM_TRIALS_JOB_H_
#define QALAM_TRIALS_JOB_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace qalam {

// One process to run.
struct ProcessSpec {
  std::string name;  // the container's name
  std::string image;
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  // Added to the runner's own environment, in this order; later ones win.
  std::vector<std::pair<std::string, std::string>> env;
  std::string working_dir;  // empty: the job's work folder
  // Folders of the manifest's volumes: mount path -> folder on this machine. A record of what
  // stands for what: argv, env and working_dir name the folders already.
  std::vector<std::pair<std::string, std::string>> mounts;
  // Run after the process has ended other than by exit code 0, and when its supervisor was lost: it
  // removes what a container engine's client leaves behind when it is killed. Its output and exit
  // code mean nothing. Empty: nothing to run.
  std::vector<std::string> cleanup_argv;
  // A word of argv and cleanup_argv that names something which may exist once only: every pod has
  // "-" and its number appended to it; a cleanup takes several such names. Empty: there is none.
  std::string unique_name;
};

struct Resources {
  double cpus = 0;           // 0: not stated
  int64_t memory_bytes = 0;  // request; 0: not stated
  int64_t memory_limit = 0;  // the job is ended as out of memory above this; 0: no limit
  int gpus = 0;
};

// What runs together as one pod: first `init`, one after the other, each to success; then `main`
// with the sidecars beside it. The pod ends when `main` ends; sidecars then get TERM.
struct PodSpec {
  std::vector<ProcessSpec> init;
  ProcessSpec main;
  std::vector<ProcessSpec> sidecars;
  Resources resources;
};

// Where the lines that may carry metrics come from.
struct CaptureSpec {
  enum class Source { kNone, kOutput, kFile };
  Source source = Source::kOutput;
  std::string path;  // kFile: on this machine, absolute
  // Only lines that contain one of these are kept; empty keeps every non-empty line.
  std::vector<std::string> words;
};

// A job's output is beside its folder, as it is kept when the folder is used again: the path of the
// folder and this; and what came before a rotation.
inline constexpr char kLogSuffix[] = ".log";
inline constexpr char kOldLogSuffix[] = ".log.1";

// A folder in which the job keeps what a later one may go on from. It lies outside the job's own
// folder and outlives it.
struct CheckpointFolder {
  std::string path;  // absolute
  // The folder that it begins as a copy of: put in place before the first process starts. Empty, or
  // nothing there: it begins empty.
  std::string source;
  // Where there is a folder at `path` it stays as it is, and nothing is copied.
  bool keeps_content = false;
};

// What to run, free of the manifest's kind.
struct Job {
  // Unique within a data folder for all time (trial name and attempt); submitting it twice runs it
  // once.
  std::string name;
  // A folder of its own for exit record, scratch volumes and the like; created by the runner.
  std::string directory;
  PodSpec pod;
  int completions = 1;    // pods that must succeed
  int parallelism = 1;    // pods at the same time
  int backoff_limit = 0;  // failed pods that are started again before the job fails
  std::optional<absl::Duration> active_deadline;
  absl::Duration grace = absl::Seconds(30);  // between TERM and KILL
  CaptureSpec capture;
  int64_t log_limit_bytes = 64 << 20;  // of a log file before it is rotated; one old one is kept
  // Folders to create, with their parents, before the first process starts; absolute paths. Those
  // of emptyDir volumes lie below `directory` and are removed with it; those of claims lie
  // elsewhere and are kept.
  std::vector<std::string> scratch_dirs;
  // Files to write (mode 0600, folders in between created) before the first process starts:
  // absolute path and content. They hold the keys of ConfigMap and Secret volumes and lie below
  // `directory`.
  std::vector<std::pair<std::string, std::string>> files;
  std::optional<CheckpointFolder> checkpoint;
  // Every process gets JOB_COMPLETION_INDEX, its pod's number in 0 .. completions - 1; each number
  // must succeed once.
  bool indexed = false;
};

// Why a job ended, as told apart in a trial's reason.
enum class JobEnd {
  kSucceeded,
  kExitCode,      // a process ended with a code other than 0
  kSignal,        // a process was ended by a signal that we did not send
  kOutOfMemory,   // killed for exceeding its memory limit, or by the system for lack of memory
  kTimeLimit,     // active_deadline passed
  kSpecMistake,   // could not be started: program not found, bad folder, impossible resources
  kCancelled,     // ended because Cancel was called
  kLost,          // its supervisor vanished: nobody knows how it ended; nothing of it runs any more
  kNoCheckpoint,  // what it was to begin with could not be copied; nothing was started
};

// Katib-like CamelCase reason: "Completed", "ExitCode", "Signal", "OutOfMemory",
// "DeadlineExceeded", "SpecMistake", "Cancelled", "InfrastructureLost", "CheckpointUnavailable".
const char* JobEndName(JobEnd end);

struct JobOutcome {
  JobEnd end = JobEnd::kSucceeded;
  int exit_code = 0;  // kExitCode
  int signal = 0;     // kSignal
  // One sentence for people: which container, which code, the last lines of standard error if any.
  std::string message;
  absl::Time started;
  absl::Time ended;
  int succeeded_pods = 0;
  int failed_pods = 0;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_JOB_H_
