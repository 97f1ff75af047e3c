// No rule: every trial runs to its end, as without spec.earlyStopping.
#include <memory>

#include "earlystop/registry.h"

namespace qalam {
namespace {

class NeverStopper final : public EarlyStopper {
 public:
  StopDecision Judge(const Curve&, const CurveHistory&) override { return {}; }
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }
};

}  // namespace

StopperDescriptor NoneStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "none";
  descriptor.summary = "Stops no trial.";
  descriptor.source = "as without spec.earlyStopping";
  descriptor.multi_objective = true;
  descriptor.create = [](const StopperSpec&) { return std::make_unique<NeverStopper>(); };
  return descriptor;
}

}  // namespace qalam
