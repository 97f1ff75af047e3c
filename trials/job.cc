#include "trials/job.h"

namespace qalam {

const char* JobEndName(JobEnd end) {
  switch (end) {
    case JobEnd::kSucceeded:
      return "Completed";
    case JobEnd::kExitCode:
      return "ExitCode";
    case JobEnd::kSignal:
      return "Signal";
    case JobEnd::kOutOfMemory:
      return "OutOfMemory";
    case JobEnd::kTimeLimit:
      return "DeadlineExceeded";
    case JobEnd::kSpecMistake:
      return "SpecMistake";
    case JobEnd::kCancelled:
      return "Cancelled";
    case JobEnd::kLost:
      return "InfrastructureLost";
    case JobEnd::kNoCheckpoint:
      return "CheckpointUnavailable";
  }
  return "Unknown";
}

}  // namespace qalam
