// Bounds on the objective: whatever other trials do, one whose metric leaves them, or is no number
// any more, has diverged or is not worth its time.
#include <cmath>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/outcomes.h"
#include "core/parameter.h"
#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

using Comparison = EarlyStoppingRule::Comparison;

class ThresholdRule final : public EarlyStopper {
 public:
  ThresholdRule(std::optional<double> lower, std::optional<double> upper, int64_t start_step)
      : lower_(lower), upper_(upper), start_step_(start_step) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    if (running.steps() < start_step_) return {};
    const double value = LossOf(history.objective(), 0, running.losses.back()) + 0.0;
    const std::string metric = absl::StrCat(OptimisedMetric(history.objective(), 0).name, " is ");
    if (std::isnan(value)) return {true, absl::StrCat(metric, "nan")};
    if (lower_ && value < *lower_) return Stop(metric, value, "below the lower bound ", *lower_);
    if (upper_ && value > *upper_) return Stop(metric, value, "above the upper bound ", *upper_);
    return {};
  }

  // Both bounds have no such form: all rules must fire, and each looks at the best so far.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override {
    if (lower_.has_value() == upper_.has_value()) return {};
    return {{.metric = OptimisedMetric(history.objective(), 0).name,
             .value = FormatNumber(lower_ ? *lower_ : *upper_),
             .comparison = lower_ ? Comparison::kLess : Comparison::kGreater,
             .start_step = start_step_ > 1 ? start_step_ : 0}};
  }

 private:
  static StopDecision Stop(const std::string& metric, double value, const char* how, double bound) {
    return {true, absl::StrCat(metric, FormatNumber(value), ", ", how, FormatNumber(bound))};
  }

  const std::optional<double> lower_;
  const std::optional<double> upper_;
  const int64_t start_step_;
};

absl::Status Validate(const std::vector<SettingSpec>& settings, const StopperSpec& spec) {
  const SettingsReader reader(settings, spec.settings);
  const std::optional<double> lower = reader.Double("lower");
  const std::optional<double> upper = reader.Double("upper");
  if (!lower || !upper || *lower <= *upper) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("setting lower is ", FormatNumber(*lower),
                                                 ", above upper, ", FormatNumber(*upper),
                                                 "; every trial would be stopped"));
}

}  // namespace

StopperDescriptor ThresholdStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "threshold";
  descriptor.summary = "Stops a trial whose metric leaves bounds, or is not a number any more.";
  descriptor.source = "bounds given by the user";
  descriptor.compares = false;
  descriptor.multi_objective = true;
  descriptor.static_form = true;
  descriptor.settings = {{.name = "lower",
                          .type = SettingType::kDouble,
                          .help = "A trial that reports less is stopped."},
                         {.name = "upper",
                          .type = SettingType::kDouble,
                          .help = "A trial that reports more is stopped."},
                         StartStepSetting(1)};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.validate = [settings](const StopperSpec& spec) { return Validate(settings, spec); };
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    return std::make_unique<ThresholdRule>(reader.Double("lower"), reader.Double("upper"),
                                           reader.Int("start_step").value_or(1));
  };
  return descriptor;
}

}  // namespace qalam
