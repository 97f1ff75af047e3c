#ifndef QALAM_CONTROLLER_STORED_STATE_H_
#define QALAM_CONTROLLER_STORED_STATE_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "controller/state.h"
#include "storage/store.h"

namespace qalam {

// The state of a stored experiment as far as it does not depend on its trials.
ExperimentState StateOf(const ExperimentRecord& record, const ExperimentSpec& spec);

// The trials that make up an experiment's result, as they are stored.
struct StoredOutcomes {
  std::optional<StoredTrial> best;
  std::optional<StoredTrial> nearest;  // where there are constraints
  std::vector<StoredTrial> front;      // where several metrics are optimised
};

// Reads them, and puts into `state`, made by StateOf, what it needs of them, and the counts.
absl::StatusOr<StoredOutcomes> LoadOutcomes(const Store& store, ExperimentState* state);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_STORED_STATE_H_
