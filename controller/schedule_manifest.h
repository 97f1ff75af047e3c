#ifndef QALAM_CONTROLLER_SCHEDULE_MANIFEST_H_
#define QALAM_CONTROLLER_SCHEDULE_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/json.h"
#include "storage/store.h"

namespace qalam {

// An Experiment called `name` that trains anew along `chain`: trials of the experiment, each of
// which went on from the one before. What is trained, how it is measured and where it runs is as in
// that experiment; what steered or ended its search is left out.
//
// FailedPrecondition where the chain cannot be trained along: its trials left no checkpoints, or
// were told to stop after so many reports, which no parameter says.
absl::StatusOr<Json> ScheduleManifest(const ExperimentRecord& record,
                                      const std::vector<StoredTrial>& chain,
                                      const std::string& name);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SCHEDULE_MANIFEST_H_
