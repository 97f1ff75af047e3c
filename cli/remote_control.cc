#include "cli/remote_control.h"

#include <nlohmann/json.hpp>

#include "cli/limit_json.h"
#include "controller/control_requests.h"
#include "core/status_macros.h"

namespace qalam {
Json StopRequest(StopMode mode) {
  Json request;
  request["command"] = "stop";
  request["mode"] = mode == StopMode::kNow ? "now" : "graceful";
  return request;
}

Json EditRequest(const Budget& budget) {
  Json request;
  request["command"] = "edit";
  request["maxTrialCount"] = LimitJson(budget.max_trial_count);
  request["parallelTrialCount"] = budget.parallel_trial_count;
  request["maxFailedTrialCount"] = LimitJson(budget.max_failed_trial_count);
  return request;
}

absl::Status HandleRequest(Engine& engine, const std::string& ns, const std::string& name,
                           const std::function<absl::Status(StopMode)>& stop, const Json& request) {
  const ControlActions actions = {
      .budget = [&]() -> absl::StatusOr<Budget> {
        QALAM_ASSIGN_OR_RETURN(const ExperimentView view, engine.View(ns, name));
        return BudgetOf(view.record);
      },
      .edit = [&](const Budget& budget) { return engine.Edit(ns, name, budget); },
      .stop = stop};
  return HandleControl(actions, request);
}

}  // namespace qalam
