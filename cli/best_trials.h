#ifndef QALAM_CLI_BEST_TRIALS_H_
#define QALAM_CLI_BEST_TRIALS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/objective.h"
#include "storage/store.h"

namespace qalam {

// What came out of an experiment so far.
struct BestTrials {
  std::optional<StoredTrial> best;
  // Where several metrics are optimised: the Pareto front, the best by the first one first.
  std::vector<StoredTrial> front;
  // Where no trial keeps to the outcome constraints: the one that is nearest to it.
  std::optional<StoredTrial> nearest;
};

absl::StatusOr<BestTrials> ReadBestTrials(const Store& store, int64_t experiment,
                                          const Objective& objective);

// The front as a table with the values that are optimised and the parameters; at most `limit` rows,
// and then how many there are more.
std::string FrontTable(const std::vector<StoredTrial>& front, const Objective& objective,
                       size_t limit, int indent);

// Why there is no best trial: "no trial keeps to the constraints yet; nearest: digits-x7k2m9qa
// (memory_mb is 700, beyond memory_mb <= 512)", or "none yet" where there are no constraints.
std::string WhyNoBest(const std::optional<StoredTrial>& nearest, const Objective& objective);

}  // namespace qalam

#endif  // QALAM_CLI_BEST_TRIALS_H_
