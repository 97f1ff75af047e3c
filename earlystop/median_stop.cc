// Katib's medianstop, as it was meant: the median rule of Golovin et al., "Google Vizier: a service
// for black-box optimization", KDD 2017, section 3.1. A trial is stopped when what it has reached
// is worse than the median of what the others had reached after as many reports. Differs from the
// paper in comparing what trials would count for if they ended there, by the objective's strategy,
// instead of running averages; and in counting running trials too.
//
// Katib computes the mean of the succeeded trials' means over their first start_step reports, when
// a trial is created, and looks at it once. `compatibility: mean` keeps that number, but uses the
// trials known when it judges, and judges at every report from start_step on.
#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "earlystop/log_cursor.h"
#include "earlystop/parts.h"
#include "earlystop/rank_rule.h"
#include "earlystop/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

class MeanOfMeans final : public EarlyStopper {
 public:
  MeanOfMeans(int64_t min_trials, int64_t start_step)
      : min_trials_(min_trials), start_step_(start_step) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    CatchUp(history);
    if (running.steps() < start_step_ || !Enough() || running.reached.back() <= mean_) return {};
    const Objective& objective = history.objective();
    return {true, absl::StrCat(ReachedText(objective, running), " is worse than ",
                               MetricText(objective, mean_), ", the mean of the first ",
                               start_step_, " reports of ", OtherTrials(Count()))};
  }

  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override {
    CatchUp(history);
    if (!Enough()) return {};
    return {WorseThan(history.objective(), mean_, start_step_)};
  }

 private:
  int64_t Count() const { return static_cast<int64_t>(means_.size()); }
  bool Enough() const { return Count() >= min_trials_; }

  void CatchUp(const CurveHistory& history) {
    bool changed = false;
    cursor_.CatchUp(
        history, [this] { means_.clear(); },
        [&](const Curve& curve, int64_t step) {
          if (step != 0 || curve.condition != TrialCondition::kSucceeded) return;
          const double mean = MeanOfFirst(curve);
          if (!std::isfinite(mean)) return;  // one diverged trial must not decide for all
          means_.insert(std::upper_bound(means_.begin(), means_.end(), mean), mean);
          changed = true;
        });
    if (!changed) return;
    // In increasing order, so that the sum does not depend on the order in which trials ended.
    mean_ = 0;
    for (const double mean : means_) mean_ += mean / static_cast<double>(means_.size());
  }

  double MeanOfFirst(const Curve& curve) const {
    const int64_t count = std::min(start_step_, curve.steps());
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += curve.losses[static_cast<size_t>(i)];
    return sum / static_cast<double>(count);
  }

  const int64_t min_trials_;
  const int64_t start_step_;
  LogCursor cursor_;
  std::vector<double> means_;  // of succeeded trials, in increasing order
  double mean_ = 0;
};

}  // namespace

StopperDescriptor MedianStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "medianstop";
  descriptor.summary = "Stops a trial that is worse than the median of all trials at its step.";
  descriptor.source = "Golovin et al., KDD 2017, section 3.1; Katib";
  descriptor.static_form = true;
  descriptor.settings = {
      MinTrialsSetting("3", "Other trials that have come as far before any is stopped there."),
      StartStepSetting(4),
      {.name = "compatibility",
       .default_value = "median",
       .choices = {"median", "mean"},
       .help = "mean: Katib's number, the mean of the means of the first start_step reports of "
               "succeeded trials."}};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) -> std::unique_ptr<EarlyStopper> {
    const SettingsReader reader(settings, spec.settings);
    const int64_t min_trials = reader.Int("min_trials_required").value_or(3);
    const int64_t start_step = reader.Int("start_step").value_or(4);
    if (reader.String("compatibility") == "mean") {
      return std::make_unique<MeanOfMeans>(min_trials, start_step);
    }
    return std::make_unique<RankRule>(RankRule::Options{
        .share = 0.5, .words = "the median", .min_trials = min_trials, .start_step = start_step});
  };
  return descriptor;
}

}  // namespace qalam
