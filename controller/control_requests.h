#ifndef QALAM_CONTROLLER_CONTROL_REQUESTS_H_
#define QALAM_CONTROLLER_CONTROL_REQUESTS_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/state.h"
#include "core/json.h"
#include "storage/records.h"

namespace qalam {

// The limits that are in force for a stored experiment.
Budget BudgetOf(const ExperimentRecord& record);

// What a process that drives an experiment does for others (controller/control.h).
struct ControlActions {
  // Its limits; an error when it is not driven any more.
  std::function<absl::StatusOr<Budget>()> budget;
  std::function<absl::Status(const Budget&)> edit;
  std::function<absl::Status(StopMode)> stop;
};

// Carries a request out. InvalidArgument for what is none.
absl::Status HandleControl(const ControlActions& actions, const Json& request);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_CONTROL_REQUESTS_H_
