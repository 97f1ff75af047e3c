// Patience (Optuna's PatientPruner): a trial may be stopped only when it has not got better for
// some reports. Wraps another rule, whose verdict it then lets pass; without one the lack of
// progress is enough.
#include <algorithm>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/outcomes.h"
#include "core/parameter.h"
#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr int64_t kPatience = 5;

class PatientRule final : public EarlyStopper {
 public:
  PatientRule(std::unique_ptr<EarlyStopper> inner, int64_t patience, double min_delta)
      : inner_(std::move(inner)), patience_(patience), min_delta_(min_delta) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    // Asked whatever comes of it, so that its caches keep up.
    const StopDecision inner =
        inner_ != nullptr ? inner_->Judge(running, history) : StopDecision{.stop = true};
    if (!inner.stop || Improved(running)) return {};
    std::string why = absl::StrCat(OptimisedMetric(history.objective(), 0).name,
                                   " has not improved by more than ", FormatNumber(min_delta_),
                                   " in ", patience_, " reports");
    return {true, inner.why.empty() ? why : absl::StrCat(inner.why, "; and ", why)};
  }

  // That a trial does not improve has no static form.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }

 private:
  // Whether the last `patience_` reports have something better than all before; also when there are
  // none before.
  bool Improved(const Curve& running) const {
    if (running.steps() <= patience_) return true;
    const auto middle = running.losses.end() - patience_;
    return Best(middle, running.losses.end()) < Best(running.losses.begin(), middle) - min_delta_;
  }

  // Comparisons with NaN are false, so it is never the best.
  static double Best(std::vector<double>::const_iterator from,
                     std::vector<double>::const_iterator to) {
    double best = std::numeric_limits<double>::infinity();
    for (; from != to; ++from) best = *from < best ? *from : best;
    return best;
  }

  const std::unique_ptr<EarlyStopper> inner_;
  const int64_t patience_;
  const double min_delta_;
};

}  // namespace

StopperDescriptor PatientStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "patient";
  descriptor.summary = "Stops a trial that does not improve any more, if another rule agrees.";
  descriptor.source = "patience, as in the training of networks; Optuna's PatientPruner";
  descriptor.compares = false;
  descriptor.inner = "rule";
  descriptor.settings = {
      {.name = "rule",
       .help = "Name of the rule that must agree, whose settings are given under its name, as "
               "medianstop.start_step; none unless given."},
      {.name = "patience",
       .type = SettingType::kInt,
       .default_value = absl::StrCat(kPatience),
       .min = 1,
       .help = "Reports in which a trial must get better."},
      {.name = "min_delta",
       .type = SettingType::kDouble,
       .default_value = "0",
       .min = 0,
       .help = "By more than this it must get better."}};
  const StopperDescriptor known = descriptor;
  descriptor.validate = [known](const StopperSpec& spec) {
    if (InnerRules(known, spec.settings).size() <= 1) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "setting rule names several rules; patient takes one, which may be any or all of several");
  };
  descriptor.create = [known](const StopperSpec& spec) {
    const SettingsReader reader(known.settings, spec.settings);
    std::vector<std::unique_ptr<EarlyStopper>> inner = CreateInner(known, spec);
    return std::make_unique<PatientRule>(inner.empty() ? nullptr : std::move(inner[0]),
                                         reader.Int("patience").value_or(kPatience),
                                         reader.Double("min_delta").value_or(0));
  };
  return descriptor;
}

}  // namespace qalam
