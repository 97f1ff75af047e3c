// Any bytes as a request for suggestions: no crash, no undefined behaviour, no hang; an answer has
// as many trials as were asked for, and is the same when nothing is remembered.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "server/grpc/suggestion_calls.h"
#include "suggestion/registry.h"

namespace {

namespace katib = api::v1::beta1;

class FixedClock final : public qalam::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000); }
};

// Models take their time over large answers; that is their business, not that of requests.
void KeepSmall(qalam::wire::GetSuggestionsRequestBytes* request) {
  request->set_current_request_number(std::min(request->current_request_number(), 3));
  auto* algorithm = request->mutable_experiment()->mutable_spec()->mutable_algorithm();
  const auto found = qalam::FindAlgorithm(algorithm->algorithm_name());
  if (found.ok() && (*found)->capabilities.costly) algorithm->set_algorithm_name("evolution");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  qalam::wire::GetSuggestionsRequestBytes request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  KeepSmall(&request);
  katib::ValidateAlgorithmSettingsRequest validate;
  *validate.mutable_experiment() = request.experiment();
  qalam::ValidateAlgorithmSettings(validate).IgnoreError();
  const FixedClock clock;
  qalam::SuggestionSessions sessions(&clock, {});
  qalam::SuggestionSessions fresh(&clock, {});
  const qalam::TrialFolders folders("");
  qalam::Json fields;
  katib::GetSuggestionsReply first;
  if (!qalam::AnswerSuggestions(&sessions, folders, request, &first, &fields).ok()) return 0;
  katib::GetSuggestionsReply second;
  katib::GetSuggestionsReply third;
  if (!qalam::AnswerSuggestions(&sessions, folders, request, &second, &fields).ok() ||
      !qalam::AnswerSuggestions(&fresh, folders, request, &third, &fields).ok() ||
      first.parameter_assignments_size() != request.current_request_number() ||
      first.SerializeAsString() != second.SerializeAsString() ||
      first.SerializeAsString() != third.SerializeAsString()) {
    abort();
  }
  return 0;
}
