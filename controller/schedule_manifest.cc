#include "controller/schedule_manifest.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/resumption.h"
#include "suggestion/schedule/steps.h"

namespace qalam {
namespace {

// Fields of the spec that mean the same whatever the algorithm; before and after the algorithm.
constexpr const char* kGoals[] = {"objective", "objectives", "constraints"};
constexpr const char* kTrials[] = {"parallelTrialCount",  "maxFailedTrialCount",  "resumePolicy",
                                   "parameters",          "parameterConstraints", "trialTemplate",
                                   "metricsCollectorSpec"};

template <size_t size>
void Copy(const Json& from, const char* const (&fields)[size], Json* to) {
  for (const char* const field : fields) {
    if (const auto found = from.find(field); found != from.end()) (*to)[field] = *found;
  }
}

absl::Status CheckChain(const ExperimentRecord& record, const ExperimentSpec& spec,
                        const std::vector<StoredTrial>& chain) {
  if (!spec.trial_template.checkpoint.declared()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "experiment ", record.ns, "/", record.name,
        " has no spec.trialTemplate.checkpoint, so that each of its trials was trained from "
        "nothing: there is no schedule to train along"));
  }
  for (const StoredTrial& trial : chain) {
    if (!PlannedReports(trial.labels).has_value()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("trial ", trial.name,
                     " was stopped after so many reports as its rung has, which is not "
                     "among its parameters: there is no schedule to train along"));
  }
  return absl::OkStatus();
}

Json AlgorithmOf(const ExperimentSpec& spec, const std::vector<StoredTrial>& chain) {
  std::vector<NamedValues> steps;
  for (const StoredTrial& trial : chain) steps.push_back(trial.assignment);
  Json settings = Json::array();
  const auto add = [&settings](const char* name, const std::string& value) {
    settings.push_back({{"name", name}, {"value", value}});
  };
  const auto folder = spec.algorithm.settings.find(kTrialDirSetting);
  if (folder != spec.algorithm.settings.end()) add(kTrialDirSetting, folder->second);
  add("repeats", "1");
  add(kStepsSetting, FormatSteps(steps));
  return {{"algorithmName", "schedule"}, {"algorithmSettings", std::move(settings)}};
}

}  // namespace

absl::StatusOr<Json> ScheduleManifest(const ExperimentRecord& record,
                                      const std::vector<StoredTrial>& chain,
                                      const std::string& name) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec,
                         RestoreExperiment(record.manifest, record.companions));
  QALAM_RETURN_IF_ERROR(CheckChain(record, spec, chain));
  const Json& from = spec.manifest->at("spec");
  Json to = Json::object();
  Copy(from, kGoals, &to);
  to["algorithm"] = AlgorithmOf(spec, chain);
  Copy(from, kTrials, &to);
  return Json{{"apiVersion", "kubeflow.org/v1beta1"},
              {"kind", "Experiment"},
              {"metadata", {{"name", name}, {"namespace", record.ns}}},
              {"spec", std::move(to)}};
}

}  // namespace qalam
