#ifndef QALAM_TRIALS_RUNNER_H_
#define QALAM_TRIALS_RUNNER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "trials/job.h"

namespace qalam {

// A line that may carry metrics, as captured by the job's supervisor.
struct CapturedLine {
  absl::Time time;   // when the supervisor saw it
  std::string text;  // without the end of line
};

// Told of what happens to jobs. Calls come from the runner's own thread, one at a time, in the
// order in which things happened to each job; they must not block and must not call the runner
// back.
class JobEventSink {
 public:
  virtual ~JobEventSink() = default;
  virtual void OnStarted(const std::string& job, absl::Time when) = 0;
  // Lines first_line, first_line + 1, ... of the job's captured lines, counted from 0 over the
  // job's whole life. After an adoption counting starts at 0 again: all lines are told once more.
  virtual void OnLines(const std::string& job, int64_t first_line,
                       std::vector<CapturedLine> lines) = 0;
  // The last call for this job; every captured line has been told before.
  virtual void OnEnded(const std::string& job, const JobOutcome& outcome) = 0;
  // Something a person should know (a limit that this machine cannot enforce), told once each.
  virtual void OnNotice(const std::string& job, const std::string& text) = 0;
};

// Where jobs run. All calls return at once; what happens is told to the sink given at creation.
class Runner {
 public:
  virtual ~Runner() = default;

  // Runs `job`, when its resources are free, exactly once however often it is submitted: a job that
  // was submitted before, by this process or one that was killed, is adopted, not run again. Its
  // outcome is told even if it ended long ago. InvalidArgument when it can never run here (more
  // CPUs, memory or GPUs than the machine has). Unavailable or ResourceExhausted when it may later
  // (no process can be started, disk full); then nothing was started and the call can be repeated.
  virtual absl::Status Submit(const Job& job) = 0;

  // Asks a job to end: TERM, and KILL after the shorter of `grace` and the job's own grace time.
  // Does nothing for a job that has ended or is not known. A job that waits for resources ends at
  // once as cancelled. Repeating with a shorter grace shortens it.
  virtual void Cancel(const std::string& job, absl::Duration grace) = 0;

  // Forgets an ended job and removes its folder, and its log unless `keep_log`. A folder without
  // data of the job's own may stay until the next job uses it or the runner ends. Requires that
  // OnEnded was told.
  virtual void Release(const Job& job, bool keep_log) = 0;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNER_H_
