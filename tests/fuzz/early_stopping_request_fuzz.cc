// Any bytes as requests of the EarlyStopping service: no crash, no undefined behaviour; rules are
// the same when nothing is remembered, and whatever order the trials come in.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server/grpc/early_stopping_calls.h"

namespace {

namespace katib = api::v1::beta1;

// Every trial reports something that its name tells.
class MadeUpObservations final : public qalam::RemoteObservations {
 public:
  absl::Status Read(const std::string&, absl::Span<const std::string> trials, const std::string&,
                    absl::Time, const qalam::TextsTaker& take) override {
    for (size_t i = 0; i < trials.size(); ++i) {
      std::vector<std::string> texts;
      for (const char c : trials[i]) texts.push_back(std::to_string(static_cast<int>(c) % 7));
      if (!texts.empty()) texts.back() = trials[i];
      take(i, texts);
    }
    return absl::OkStatus();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  katib::ValidateEarlyStoppingSettingsRequest validate;
  if (validate.ParseFromArray(data, static_cast<int>(size))) {
    qalam::ValidateEarlyStoppingSettings(validate).IgnoreError();
  }
  katib::GetEarlyStoppingRulesRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  MadeUpObservations observations;
  qalam::ObservedCurves curves(nullptr, &observations);
  qalam::ObservedCurves fresh(nullptr, &observations);
  qalam::Json fields;
  katib::GetEarlyStoppingRulesReply first;
  const absl::Time never = absl::InfiniteFuture();
  if (!qalam::AnswerRules(&curves, request, never, &first, &fields).ok()) return 0;
  std::reverse(request.mutable_trials()->begin(), request.mutable_trials()->end());
  katib::GetEarlyStoppingRulesReply second;
  katib::GetEarlyStoppingRulesReply third;
  if (!qalam::AnswerRules(&curves, request, never, &second, &fields).ok() ||
      !qalam::AnswerRules(&fresh, request, never, &third, &fields).ok() ||
      first.SerializeAsString() != second.SerializeAsString() ||
      first.SerializeAsString() != third.SerializeAsString()) {
    abort();
  }
  return 0;
}
