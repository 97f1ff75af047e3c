#ifndef QALAM_TRIALS_SUPERVISOR_STATE_FILE_H_
#define QALAM_TRIALS_SUPERVISOR_STATE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "trials/job.h"
#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// A job's file `state` makes it run exactly once, and carries its captured lines: one file, as
// files are what costs most about a short trial on a disk. Its supervisor holds a write lock on it
// (of the open file description, so it passes from the host to the supervisor at fork and ends with
// the process, even as a zombie). Under the lock it writes first the claim, before it starts
// anything, then lines as they come, and last, when nothing of the job runs any more, the record of
// the end. So
//   no claim, no lock: never started              claim, lock: running
//   no claim, lock:    about to start             claim, end:  ended
//                                                 claim alone: lost
// Claim and end have their places in a header that the claim allocates, so a full disk cannot keep
// the end from being told. Each has a length and a checksum: a torn one counts as none, and so does
// the claim of another job, as files of released jobs are used again
// (trials/runners/spare_folders.h).

// The lines follow the header, framed as captured_lines.h says; a few share its disk block.
inline constexpr int64_t kStateHeaderBytes = 3072;

struct Claim {
  int64_t pid = 0;      // of the supervisor
  int64_t started = 0;  // wall clock, nanoseconds since 1970
  std::string gpus;
  std::string job;  // the name of its folder
};

struct EndRecord {
  JobEnd end = JobEnd::kLost;
  int64_t exit_code = 0;
  int64_t signal = 0;
  std::string message;
  int64_t started = 0;  // wall clock, nanoseconds since 1970
  int64_t ended = 0;
  int64_t succeeded_pods = 0;
  int64_t failed_pods = 0;
};

enum class JobPhase { kFresh, kStarting, kRunning, kEnded, kLost };

struct JobState {
  JobPhase phase = JobPhase::kFresh;
  Claim claim;    // kRunning, kEnded, kLost
  EndRecord end;  // kEnded
};

std::string StatePath(const std::string& directory);
// What a claim calls the job of that folder: the folder's own name, as data folders may be moved.
std::string ClaimedJob(const std::string& directory);

// What the state file of a job says now.
JobState ReadJobState(const std::string& directory);

struct LockedState {
  UniqueFd file;  // holds the lock; none when the job is taken or `error` is set
  int error = 0;
};
// Opens and locks the state of a job that nobody has claimed.
LockedState LockFreshState(const std::string& directory);

// Both write all or nothing and return 0 or an errno. The claim comes first. The end's message is
// cut where the header has no more room for it.
int WriteClaim(int state, const Claim& claim);
int WriteEnd(int state, const EndRecord& end);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_STATE_FILE_H_
