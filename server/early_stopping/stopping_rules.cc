#include "server/early_stopping/stopping_rules.h"

#include <memory>

#include "core/curve_history.h"
#include "core/status_macros.h"
#include "server/early_stopping/stopper_check.h"

namespace qalam {

absl::StatusOr<std::vector<EarlyStoppingRule>> FindRules(ObservedCurves* curves,
                                                         const RulesQuery& query) {
  QALAM_RETURN_IF_ERROR(CheckStopper(query.stopper, query.spec));
  QALAM_ASSIGN_OR_RETURN(const StopperDescriptor* const descriptor, FindStopper(query.stopper));
  if (!descriptor->static_form) return std::vector<EarlyStoppingRule>();
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<EarlyStopper> stopper,
                         CreateStopper(query.stopper, query.spec));
  const bool alone = !descriptor->compares && descriptor->inner.empty();
  if (alone) return stopper->Rules(CurveHistory(query.spec.objective));
  QALAM_ASSIGN_OR_RETURN(
      const CurveHistory history,
      curves->Read(query.trials, query.spec.objective, query.db_manager_address, query.deadline));
  return stopper->Rules(history);
}

}  // namespace qalam
