#include "server/grpc/suggestion_calls.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "core/status_macros.h"
#include "server/algorithm_check.h"
#include "server/grpc/experiment_message.h"
#include "suggestion/resumption.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

void WriteAnswer(const SuggestionAnswer& answer, const katib::AlgorithmSpec& algorithm,
                 katib::GetSuggestionsReply* reply) {
  for (const SuggestionAnswer::Trial& trial : answer.trials) {
    auto* assignments = reply->add_parameter_assignments();
    assignments->set_trial_name(trial.name);
    for (const auto& [name, value] : trial.values) {
      katib::ParameterAssignment* assignment = assignments->add_assignments();
      assignment->set_name(name);
      assignment->set_value(value);
    }
  }
  reply->mutable_algorithm()->set_algorithm_name(algorithm.algorithm_name());
  for (const auto& [name, value] : answer.carried) {
    katib::AlgorithmSetting* setting = reply->mutable_algorithm()->add_algorithm_settings();
    setting->set_name(name);
    setting->set_value(value);
  }
}

}  // namespace

absl::Status AnswerSuggestions(SuggestionSessions* sessions, const TrialFolders& folders,
                               const wire::GetSuggestionsRequestBytes& request,
                               katib::GetSuggestionsReply* reply, Json* fields) {
  katib::Experiment experiment = request.experiment();
  (*fields)["experiment"] = experiment.name();
  (*fields)["algorithm"] = experiment.spec().algorithm().algorithm_name();
  (*fields)["trials"] = request.trials_size();
  (*fields)["wanted"] = request.current_request_number();
  SuggestionQuery query;
  query.experiment = experiment.name();
  query.carried = TakeCarried(&experiment);
  query.fingerprint = experiment.spec().SerializeAsString();
  query.search = [&] { return SearchOf(experiment, ObjectiveRule::kRequired); };
  const std::vector<absl::string_view> trials(request.trials().begin(), request.trials().end());
  query.trials = trials;
  const std::string& metric = experiment.spec().objective().objective_metric_name();
  query.decode = [&](absl::string_view bytes) { return DecodeTrial(bytes, metric); };
  query.wanted = request.current_request_number();
  const int64_t suggested =
      int64_t{request.total_request_number()} - request.current_request_number();
  if (request.total_request_number() > 0 && suggested >= 0) query.suggested = suggested;
  QALAM_ASSIGN_OR_RETURN(const SuggestionAnswer answer, sessions->Suggest(query));
  const auto algorithm = FindAlgorithm(experiment.spec().algorithm().algorithm_name());
  if (algorithm.ok() && NeedsCheckpoints(**algorithm)) {
    QALAM_RETURN_IF_ERROR(folders.Make(experiment.name(), answer));
  }
  WriteAnswer(answer, experiment.spec().algorithm(), reply);
  return absl::OkStatus();
}

absl::Status ValidateAlgorithmSettings(const katib::ValidateAlgorithmSettingsRequest& request) {
  QALAM_ASSIGN_OR_RETURN(const SearchSpec search,
                         SearchOf(request.experiment(), ObjectiveRule::kOptional));
  return CheckAlgorithmOf(search);
}

}  // namespace qalam
