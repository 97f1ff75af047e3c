#include "controller/control_requests.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Puts the limit `field` of the request, where it is there, into `limit`; null removes it.
absl::Status ReadLimit(const Json& request, const char* field, std::optional<int64_t>& limit) {
  const auto it = request.find(field);
  if (it == request.end()) return absl::OkStatus();
  if (it->is_null()) {
    limit.reset();
  } else if (it->is_number_integer()) {
    limit = it->get<int64_t>();
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": found ", it->dump(), "; allowed are a whole number and null"));
  }
  return absl::OkStatus();
}

absl::Status HandleEdit(const ControlActions& actions, const Json& request) {
  QALAM_ASSIGN_OR_RETURN(Budget budget, actions.budget());
  QALAM_RETURN_IF_ERROR(ReadLimit(request, "maxTrialCount", budget.max_trial_count));
  QALAM_RETURN_IF_ERROR(ReadLimit(request, "maxFailedTrialCount", budget.max_failed_trial_count));
  std::optional<int64_t> parallel = budget.parallel_trial_count;
  QALAM_RETURN_IF_ERROR(ReadLimit(request, "parallelTrialCount", parallel));
  if (!parallel.has_value()) {
    return absl::InvalidArgumentError("parallelTrialCount: found null; it cannot be removed");
  }
  budget.parallel_trial_count = *parallel;
  return actions.edit(budget);
}

}  // namespace

Budget BudgetOf(const ExperimentRecord& record) {
  return {record.max_trial_count, record.parallel_trial_count, record.max_failed_trial_count};
}

absl::Status HandleControl(const ControlActions& actions, const Json& request) {
  const auto text = [&](const char* key) {
    const auto it = request.find(key);
    return it != request.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (!request.is_object()) return absl::InvalidArgumentError("a request is a JSON object");
  const std::string command = text("command");
  if (command == "ping") return actions.budget().status();
  if (command == "edit") return HandleEdit(actions, request);
  if (command != "stop") {
    return absl::InvalidArgumentError(absl::StrCat(
        "command: found \"", command, "\"; allowed are \"ping\", \"stop\" and \"edit\""));
  }
  const std::string mode = text("mode");
  if (mode != "graceful" && mode != "now") {
    return absl::InvalidArgumentError(
        absl::StrCat("mode: found \"", mode, "\"; allowed are \"graceful\" and \"now\""));
  }
  return actions.stop(mode == "now" ? StopMode::kNow : StopMode::kGraceful);
}

}  // namespace qalam
