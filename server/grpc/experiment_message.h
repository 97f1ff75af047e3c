#ifndef QALAM_SERVER_GRPC_EXPERIMENT_MESSAGE_H_
#define QALAM_SERVER_GRPC_EXPERIMENT_MESSAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "controller/spec/search_reader.h"
#include "core/objective.h"
#include "proto/katib/v1beta1/api.pb.h"
#include "server/early_stopping/observed_curves.h"
#include "server/trial_list.h"
#include "suggestion/registry.h"

namespace qalam {

// What Katib's messages mean.

enum class ObjectiveRule {
  kRequired,
  kOptional,  // where settings alone are checked
};

// The search that an experiment describes, without the settings that IsCarriedSetting names; see
// ReadSearch for what is checked and how.
absl::StatusOr<SearchSpec> SearchOf(const api::v1::beta1::Experiment& experiment,
                                    ObjectiveRule objective);

// Takes the settings that IsCarriedSetting names out of the experiment; the last of a name counts.
Settings TakeCarried(api::v1::beta1::Experiment* experiment);

// What is optimised: Katib has chosen the best of each trial's values already. InvalidArgument when
// it is not told.
absl::StatusOr<Objective> ObjectiveOf(const api::v1::beta1::ObjectiveSpec& objective);
// What tells a trial from others and whether it goes on.
ObservedTrial ObservedTrialOf(const api::v1::beta1::Trial& trial);

// An encoded Trial. `metric` is the objective's; its value is absent when it is not a number.
// InvalidArgument when the bytes are no Trial.
absl::StatusOr<ReportedTrial> DecodeTrial(absl::string_view bytes, const std::string& metric);

}  // namespace qalam

#endif  // QALAM_SERVER_GRPC_EXPERIMENT_MESSAGE_H_
