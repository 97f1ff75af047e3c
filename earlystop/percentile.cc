// The percentile rule (Optuna's PercentilePruner; the median rule of Golovin et al., "Google
// Vizier: a service for black-box optimization", KDD 2017, section 3.1, is its middle): a trial
// goes on while it is among the best so many per cent of those that came as far. Differs in
// counting running trials too.
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "earlystop/parts.h"
#include "earlystop/rank_rule.h"
#include "earlystop/registry.h"
#include "suggestion/settings.h"

namespace qalam {

StopperDescriptor PercentileStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "percentile";
  descriptor.summary = "Stops a trial that is not among the best percentile of those at its step.";
  descriptor.source = "Golovin et al., KDD 2017, section 3.1, generalised";
  descriptor.static_form = true;
  descriptor.settings = {
      {.name = "percentile",
       .type = SettingType::kDouble,
       .default_value = "25",
       .min = 0,
       .max = 100,
       .min_exclusive = true,
       .max_exclusive = true,
       .help = "A trial goes on while it is among the best so many per cent."},
      MinTrialsSetting("3", "Other trials that have come as far before any is stopped there."),
      StartStepSetting(4)};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    const double percentile = reader.Double("percentile").value_or(25);
    return std::make_unique<RankRule>(RankRule::Options{
        .share = percentile / 100,
        .words = absl::StrCat("the limit of the best ", FormatNumber(percentile), " %"),
        .min_trials = reader.Int("min_trials_required").value_or(3),
        .start_step = reader.Int("start_step").value_or(4)});
  };
  return descriptor;
}

}  // namespace qalam
