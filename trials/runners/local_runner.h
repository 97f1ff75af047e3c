#ifndef QALAM_TRIALS_RUNNERS_LOCAL_RUNNER_H_
#define QALAM_TRIALS_RUNNERS_LOCAL_RUNNER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "trials/runner.h"

namespace qalam {

struct LocalRunnerOptions {
  // What may be handed out; absent: what the machine (or this process' cgroup and affinity) has.
  std::optional<double> cpus;
  std::optional<int64_t> memory_bytes;
  std::optional<std::vector<std::string>> gpus;  // ids for CUDA_VISIBLE_DEVICES
};

// Runs jobs as processes of this machine. `sink` must outlive the runner. Destroying the runner
// leaves its jobs running; a later runner adopts them when they are submitted again.
absl::StatusOr<std::unique_ptr<Runner>> CreateLocalRunner(const LocalRunnerOptions& options,
                                                          JobEventSink* sink);

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_LOCAL_RUNNER_H_
