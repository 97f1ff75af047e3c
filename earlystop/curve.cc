// Stopping by extrapolation (Domhan et al., IJCAI 2015; Swersky et al., "Freeze-thaw Bayesian
// optimization", 2014, for the idea): a trial is stopped when the chance that it ends better than
// the best succeeded trial is small. Two witnesses are heard, and the more hopeful one counts: the
// forecast of the trial's own curve (forecast.h), and the share of succeeded trials that gained
// enough after the same step for this trial to win if it did the same. The second one knows of
// trials that seem to be stuck and then take off, which no extrapolation sees.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/outcomes.h"
#include "earlystop/forecast.h"
#include "earlystop/log_cursor.h"
#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "earlystop/step_order.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr double kProbability = 0.05;

class CurveRule final : public EarlyStopper {
 public:
  struct Options {
    double probability = kProbability;
    std::optional<int64_t> max_resource;
    int64_t start_step = kMinForecastReports;
    int64_t min_trials = 1;  // succeeded
  };
  explicit CurveRule(const Options& options) : options_(options) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    CatchUp(history);
    const int64_t horizon = options_.max_resource.value_or(longest_);
    const double reached = running.reached.back();
    const bool too_early =
        running.steps() < options_.start_step || succeeded_ < options_.min_trials;
    if (too_early || running.steps() >= horizon || reached <= best_) return {};
    const double chance = std::max(GainShare(running.steps(), reached - best_),
                                   ForecastChance(running, history.objective(), horizon));
    if (chance >= options_.probability) return {};
    return {true, absl::StrFormat("%s has a chance of %.2g to come to better than %s, the best of "
                                  "%d succeeded, by report %d",
                                  ReachedText(history.objective(), running), chance,
                                  MetricText(history.objective(), best_), succeeded_, horizon)};
  }

  // Depends on each trial's own curve.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }

 private:
  // 1 where too little is known.
  double ForecastChance(const Curve& running, const Objective& objective, int64_t horizon) const {
    const bool best_so_far = OptimisedMetric(objective, 0).strategy != MetricStrategy::kLatest;
    const std::optional<Forecast> forecast = ForecastCurve(running.losses, horizon, best_so_far);
    return forecast ? forecast->ChanceBelow(best_) : 1;
  }

  // The share of the succeeded trials that went on from `step` and gained at least `gain` by their
  // end.
  double GainShare(int64_t step, double gain) const {
    const auto it = gains_.find(step);
    if (it == gains_.end()) return 0;
    const auto count = static_cast<int64_t>(it->second.size());
    return static_cast<double>(count - CountBelow(it->second, gain)) / static_cast<double>(count);
  }

  void CatchUp(const CurveHistory& history) {
    cursor_.CatchUp(
        history,
        [this] {
          succeeded_ = 0;
          longest_ = 0;
          best_ = std::numeric_limits<double>::infinity();
          gains_.clear();
        },
        [this](const Curve& curve, int64_t step) {
          const bool has_result = step == 0 && curve.steps() > 0 &&
                                  curve.condition == TrialCondition::kSucceeded &&
                                  std::isfinite(curve.reached.back());
          if (has_result) Take(curve);
        });
  }

  void Take(const Curve& curve) {
    ++succeeded_;
    longest_ = std::max(longest_, curve.steps());
    best_ = std::min(best_, curve.reached.back());
    for (int64_t step = options_.start_step; step < curve.steps(); ++step) {
      const double gain = curve.ReachedAt(step) - curve.reached.back();
      std::vector<double>& gains = gains_[step];
      gains.insert(std::upper_bound(gains.begin(), gains.end(), gain), gain);
    }
  }

  const Options options_;
  LogCursor cursor_;
  int64_t succeeded_ = 0;
  int64_t longest_ = 0;  // reports of a succeeded trial
  double best_ = std::numeric_limits<double>::infinity();
  std::map<int64_t, std::vector<double>> gains_;  // by step, in increasing order
};

}  // namespace

StopperDescriptor CurveStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "curve";
  descriptor.summary = "Extrapolates curves; stops a trial that will hardly beat the best one.";
  descriptor.source = "Domhan et al., IJCAI 2015, in closed form";
  descriptor.settings = {
      {.name = "probability",
       .type = SettingType::kDouble,
       .default_value = "0.05",
       .min = 0,
       .max = 1,
       .min_exclusive = true,
       .max_exclusive = true,
       .help = "A trial is stopped when its chance to beat the best one is smaller."},
      MaxResourceSetting("Reports of a whole trial; unless given, those of the longest that "
                         "succeeded."),
      MinTrialsSetting("1", "Succeeded trials before any is stopped."),
      StartStepSetting(kMinForecastReports)};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    return std::make_unique<CurveRule>(
        CurveRule::Options{.probability = reader.Double("probability").value_or(kProbability),
                           .max_resource = reader.Int("max_resource"),
                           .start_step = reader.Int("start_step").value_or(kMinForecastReports),
                           .min_trials = reader.Int("min_trials_required").value_or(1)});
  };
  return descriptor;
}

}  // namespace qalam
