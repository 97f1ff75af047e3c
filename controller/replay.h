#ifndef QALAM_CONTROLLER_REPLAY_H_
#define QALAM_CONTROLLER_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "storage/store.h"

namespace qalam {

// Something of a trial that its algorithm would propose otherwise when asked again.
struct ReplayDifference {
  int64_t number = 0;
  std::string trial;
  // "parameter lr", "label x", "explanation", or "suggestion" where there would be none.
  std::string what;
  std::string recorded;  // "" where there was or would be none
  std::string replayed;
};

struct ReplayResult {
  int64_t requests = 0;        // how often the algorithm was asked
  int64_t trials = 0;          // proposed by it
  int64_t initial_trials = 0;  // given in spec.initialTrials, compared with the spec
  int64_t matched = 0;         // of both kinds, those that are the same to the last bit
  std::vector<ReplayDifference> differences;  // the first, at most kMaxDifferences

  static constexpr size_t kMaxDifferences = 20;
  bool same() const { return matched == trials + initial_trials; }
};

// Asks the algorithm of an experiment for every trial again, in the state in which it was asked.
//
// That state follows from what is stored. A trial's asked_at is the sequence number up to which the
// answer knew the store; trials of one request share it, and no two requests that created trials
// have the same. There is one request at a time, so the trials of smaller numbers are those that
// existed; and as final conditions absorb, a trial's last change is the one that ended it: it was
// over for the algorithm when its resource_version is at most asked_at, and active otherwise,
// however often it was lost, interrupted or adopted in between.
//
// Works on finished experiments and on those that are being driven. DataLoss when what is stored
// does not fit the spec; what the algorithm itself fails with.
absl::StatusOr<ReplayResult> ReplayExperiment(const Store& store, const ExperimentRecord& record,
                                              const ExperimentSpec& spec);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_REPLAY_H_
