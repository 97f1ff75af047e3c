// ASHA (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020), in the
// stopping form of its implementations: a trial that comes to a rung is stopped unless it is among
// the best 1/eta of those that have come there so far. Differs in stopping nobody before
// min_trials_required others have been there, where the best of few is no evidence.
#include <memory>

#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "earlystop/rungs.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

class AshaRule final : public EarlyStopper {
 public:
  AshaRule(const Rungs& rungs, int64_t min_trials) : ladder_(rungs, min_trials) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    return ladder_.Judge(running, history, "");
  }
  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override {
    return ladder_.FirstRule(history);
  }

 private:
  Ladder ladder_;
};

}  // namespace

StopperDescriptor AshaStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "asha";
  descriptor.summary = "At reports 4, 12, 36, ... stops all but the best third that came there.";
  descriptor.source = "Li et al., MLSys 2020, in stopping form";
  descriptor.static_form = true;
  descriptor.settings = {
      MinResourceSetting(), EtaSetting(),
      MaxResourceSetting("Reports of a whole trial: none is stopped there or later."),
      MinTrialsSetting("",
                       "Other trials at a rung before any is stopped there; eta unless given.")};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    const Rungs rungs{.first = reader.Int("min_resource").value_or(kMinResource),
                      .eta = reader.Int("eta").value_or(3),
                      .end = reader.Int("max_resource").value_or(0)};
    return std::make_unique<AshaRule>(rungs, reader.Int("min_trials_required").value_or(rungs.eta));
  };
  return descriptor;
}

}  // namespace qalam
