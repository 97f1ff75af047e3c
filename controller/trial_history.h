#ifndef QALAM_CONTROLLER_TRIAL_HISTORY_H_
#define QALAM_CONTROLLER_TRIAL_HISTORY_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "core/history.h"
#include "core/trial.h"
#include "storage/records.h"
#include "storage/store.h"
#include "suggestion/gp/outlook.h"
#include "suggestion/registry.h"

namespace qalam {

// What an experiment's algorithm is made for. Depends on the spec as it was submitted alone: limits
// that are edited later change how long the search goes on, not what it would propose next, so that
// every process that takes it over, and `qalam replay`, proposes the same.
SuggesterSpec SuggesterSpecOf(const ExperimentSpec& spec);

// What says whether an experiment can get better still; null where it does not end by that.
std::unique_ptr<gp::Outlook> OutlookOf(const ExperimentSpec& spec);

// A stored trial as algorithms see it. All active trials look alike: whether a job has started
// already is an accident of timing that no proposal may depend on.
TrialRecord RecordOf(const StoredTrial& trial, const Assignment& assignment,
                     const Objective& objective);

// The trial's assignment. DataLoss when it does not fit the space.
absl::StatusOr<Assignment> StoredAssignment(const SearchSpace& space, const StoredTrial& trial);

// All trials of a stored experiment as algorithms see them. DataLoss when one does not fit the
// space.
absl::StatusOr<History> ReadHistory(const Store& store, int64_t experiment,
                                    const ExperimentSpec& spec);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_TRIAL_HISTORY_H_
