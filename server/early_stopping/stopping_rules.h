#ifndef QALAM_SERVER_EARLY_STOPPING_STOPPING_RULES_H_
#define QALAM_SERVER_EARLY_STOPPING_STOPPING_RULES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "earlystop/early_stopper.h"
#include "earlystop/registry.h"
#include "server/early_stopping/observed_curves.h"

namespace qalam {

// A question for the rules that the next trials of an experiment are to be given.
struct RulesQuery {
  std::string stopper;  // its name
  StopperSpec spec;
  std::vector<ObservedTrial> trials;  // all, in any order
  std::string db_manager_address;     // may be empty
  absl::Time deadline;                // of reading what they reported
};

// Katib's static form of the rule as it stands now; empty where it has none, or too few trials to
// compare with. A function of the question and of what the trials have reported. InvalidArgument
// when the rule or its settings are not valid; errors of ObservedCurves.
absl::StatusOr<std::vector<EarlyStoppingRule>> FindRules(ObservedCurves* curves,
                                                         const RulesQuery& query);

}  // namespace qalam

#endif  // QALAM_SERVER_EARLY_STOPPING_STOPPING_RULES_H_
