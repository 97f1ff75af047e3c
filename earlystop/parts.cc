#include "earlystop/parts.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "core/outcomes.h"
#include "core/parameter.h"

namespace qalam {

SettingSpec StartStepSetting(int64_t otherwise) {
  return {.name = "start_step",
          .type = SettingType::kInt,
          .default_value = absl::StrCat(otherwise),
          .min = 1,
          .help = "Reports of the objective before a trial is judged."};
}

SettingSpec MinTrialsSetting(absl::string_view otherwise, absl::string_view help) {
  return {.name = "min_trials_required",
          .type = SettingType::kInt,
          .default_value = std::string(otherwise),
          .min = 1,
          .help = std::string(help)};
}

SettingSpec MaxResourceSetting(absl::string_view help) {
  return {.name = "max_resource", .type = SettingType::kInt, .min = 2, .help = std::string(help)};
}

std::string OtherTrials(int64_t count) {
  return absl::StrCat(count, " other trial", count == 1 ? "" : "s");
}

std::string MetricText(const Objective& objective, double loss) {
  if (loss == std::numeric_limits<double>::infinity()) return "nan";
  return FormatNumber(LossOf(objective, 0, loss) + 0.0);  // no minus at zero
}

std::string ReachedText(const Objective& objective, const Curve& running) {
  return absl::StrCat(OptimisedMetric(objective, 0).name, " ",
                      MetricText(objective, running.reached.back()), " after ", running.steps(),
                      running.steps() == 1 ? " report" : " reports");
}

EarlyStoppingRule WorseThan(const Objective& objective, double loss, int64_t start_step) {
  return {.metric = OptimisedMetric(objective, 0).name,
          .value = MetricText(objective, loss),
          .comparison = objective.direction == Direction::kMinimize
                            ? EarlyStoppingRule::Comparison::kGreater
                            : EarlyStoppingRule::Comparison::kLess,
          .start_step = start_step};
}

}  // namespace qalam
