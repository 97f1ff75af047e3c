#include "server/grpc/early_stopping_calls.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/status_macros.h"
#include "server/early_stopping/stopper_check.h"
#include "server/early_stopping/stopping_rules.h"
#include "server/grpc/experiment_message.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

// The last of a name counts.
Settings SettingsOf(const katib::EarlyStoppingSpec& spec) {
  Settings settings;
  for (const katib::EarlyStoppingSetting& setting : spec.algorithm_settings()) {
    settings[setting.name()] = setting.value();
  }
  return settings;
}

katib::ComparisonType ComparisonOf(EarlyStoppingRule::Comparison comparison) {
  switch (comparison) {
    case EarlyStoppingRule::Comparison::kEqual:
      return katib::EQUAL;
    case EarlyStoppingRule::Comparison::kLess:
      return katib::LESS;
    case EarlyStoppingRule::Comparison::kGreater:
      return katib::GREATER;
  }
  return katib::UNKNOWN_COMPARISON;
}

void WriteRule(const EarlyStoppingRule& rule, katib::EarlyStoppingRule* message) {
  message->set_name(rule.metric);
  message->set_value(rule.value);
  message->set_comparison(ComparisonOf(rule.comparison));
  message->set_start_step(static_cast<int32_t>(
      std::min<int64_t>(rule.start_step, std::numeric_limits<int32_t>::max())));
}

}  // namespace

absl::Status AnswerRules(ObservedCurves* curves, const katib::GetEarlyStoppingRulesRequest& request,
                         absl::Time deadline, katib::GetEarlyStoppingRulesReply* reply,
                         Json* fields) {
  const katib::ExperimentSpec& spec = request.experiment().spec();
  (*fields)["experiment"] = request.experiment().name();
  (*fields)["algorithm"] = spec.early_stopping().algorithm_name();
  (*fields)["trials"] = request.trials_size();
  RulesQuery query{.stopper = spec.early_stopping().algorithm_name(),
                   .db_manager_address = request.db_manager_address(),
                   .deadline = deadline};
  QALAM_ASSIGN_OR_RETURN(query.spec.objective, ObjectiveOf(spec.objective()));
  query.spec.settings = SettingsOf(spec.early_stopping());
  for (const katib::Trial& trial : request.trials()) query.trials.push_back(ObservedTrialOf(trial));
  QALAM_ASSIGN_OR_RETURN(const std::vector<EarlyStoppingRule> rules, FindRules(curves, query));
  for (const EarlyStoppingRule& rule : rules) WriteRule(rule, reply->add_early_stopping_rules());
  return absl::OkStatus();
}

absl::Status ValidateEarlyStoppingSettings(
    const katib::ValidateEarlyStoppingSettingsRequest& request) {
  StopperSpec spec{.objective = {}, .settings = SettingsOf(request.early_stopping())};
  spec.objective.metrics = {{"loss"}};  // the experiment's own is not told
  return CheckStopper(request.early_stopping().algorithm_name(), spec);
}

}  // namespace qalam
