#ifndef QALAM_EARLYSTOP_PARTS_H_
#define QALAM_EARLYSTOP_PARTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/objective.h"
#include "earlystop/early_stopper.h"
#include "earlystop/registry.h"

namespace qalam {

// ---- Settings that rules share.

// Reports before a trial is judged.
SettingSpec StartStepSetting(int64_t otherwise);
// Other trials without which none is stopped. `otherwise` empty: optional without a default.
SettingSpec MinTrialsSetting(absl::string_view otherwise, absl::string_view help);
// Reports of a whole trial.
SettingSpec MaxResourceSetting(absl::string_view help);

// ---- Words.

// "3 other trials", "1 other trial".
std::string OtherTrials(int64_t count);
// A loss as the metric says it: "0.25"; "nan" for infinity, which stands for it.
std::string MetricText(const Objective& objective, double loss);
// "accuracy 0.4 after 3 reports".
std::string ReachedText(const Objective& objective, const Curve& running);

// ---- Katib's static form: fires when a trial is worse than `loss` at its report `start_step`.
EarlyStoppingRule WorseThan(const Objective& objective, double loss, int64_t start_step);

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_PARTS_H_
