// ASHA (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020), in the
// stopping form of its implementations: a trial that comes to a rung is stopped unless it is among
// the best 1/eta of those that have come there so far, and at least when none of them is better.
// Where the best of few is no evidence, min_trials_required others are waited for.
#include <memory>
#include <vector>

#include "earlystop/registry.h"
#include "earlystop/rungs.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

class AshaRule final : public EarlyStopper {
 public:
  explicit AshaRule(const SettingsReader& settings) : ladder_(settings) {}

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
  descriptor.summary = "At reports 2, 8, 32, ... stops all but the best quarter that came there.";
  descriptor.source = "Li et al., MLSys 2020, in stopping form";
  descriptor.static_form = true;
  descriptor.settings =
      RungSettings(4, "Reports of a whole trial: none is stopped there or later.");
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) {
    return std::make_unique<AshaRule>(SettingsReader(settings, spec.settings));
  };
  return descriptor;
}

}  // namespace qalam
