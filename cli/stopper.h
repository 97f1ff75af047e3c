#ifndef QALAM_CLI_STOPPER_H_
#define QALAM_CLI_STOPPER_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "cli/reporter.h"
#include "controller/engine.h"
#include "core/mutex.h"

namespace qalam {

// Stops what an engine drives when a signal or another process asks for it, and says so. The first
// signal that asks for an end gives running trials their grace time, the second kills them, the
// third ends this process where it stands (which is safe: the next start takes over what still
// runs).
class Stopper {
 public:
  // `records` are the experiments that the engine drives or will drive.
  Stopper(Engine* engine, Reporter* reporter, std::vector<ExperimentRecord> records)
      : engine_(engine), reporter_(reporter), records_(std::move(records)) {}
  ~Stopper();
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;

  // SIGINT, SIGTERM, SIGHUP: as above. SIGPIPE: the same, when it is our output that nobody reads
  // any more. SIGTSTP, SIGCONT: gives the terminal back for the time being.
  void OnSignal(int signal);
  // Ends one experiment because another process asked.
  absl::Status StopOne(const ExperimentRecord& record, StopMode mode);
  // Call once everything is started: stops what was started after a signal came.
  void StopLateStarters();
  // True when anything was asked to stop.
  bool requested() const { return requested_; }

 private:
  void Escalate();
  void StopAll(StopMode mode);

  Engine* const engine_;
  Reporter* const reporter_;
  const std::vector<ExperimentRecord> records_;
  std::atomic<int> signals_ = 0;
  std::atomic<bool> requested_ = false;
  Mutex mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_CLI_STOPPER_H_
