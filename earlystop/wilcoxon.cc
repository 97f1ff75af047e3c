// Stopping among instances, or folds of a cross-validation: the reports of a trial are results on
// the same instances in the same order, and a trial is stopped when Wilcoxon's signed-rank test of
// the differences from the best succeeded trial says that it is worse (Optuna's WilcoxonPruner).
// The test is made again at each report, so that over a whole trial it errs more often than
// p_threshold says.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/infinity.h"
#include "earlystop/log_cursor.h"
#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "math/signed_rank.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

double MeanOf(const std::vector<double>& values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

class WilcoxonRule final : public EarlyStopper {
 public:
  struct Options {
    double p_threshold = 0.1;
    int64_t start_step = 2;
    bool means = false;  // reports are means over the instances so far
  };
  explicit WilcoxonRule(const Options& options) : options_(options) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    CatchUp(history);
    if (!best_ || running.steps() < options_.start_step) return {};
    const std::vector<double> mine = Instances(running);
    const size_t count = std::min(mine.size(), best_instances_.size());
    if (static_cast<int64_t>(count) < options_.start_step) return {};
    if (!(MeanOf(mine, count) > MeanOf(best_instances_, count))) return {};
    std::vector<double> differences(count);
    for (size_t i = 0; i < count; ++i) {
      const bool both_failed = mine[i] == best_instances_[i];  // infinities have no difference
      differences[i] = both_failed ? 0 : mine[i] - best_instances_[i];
    }
    const double p = SignedRankPValue(differences);
    if (p >= options_.p_threshold) return {};
    return {true, absl::StrFormat("worse than trial %d on %d instances (Wilcoxon's signed-rank "
                                  "test, p = %.3g)",
                                  *best_, count, p)};
  }

  // What it compares is pairs of reports.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }

 private:
  // The loss on each instance, infinity where it failed.
  std::vector<double> Instances(const Curve& curve) const {
    std::vector<double> instances = curve.losses;
    if (options_.means) {
      for (size_t i = instances.size() - 1; i > 0; --i) {
        instances[i] =
            instances[i] * static_cast<double>(i + 1) - instances[i - 1] * static_cast<double>(i);
      }
    }
    for (double& loss : instances) loss = std::isnan(loss) ? kInfinity : loss;
    return instances;
  }

  // The best of the succeeded trials by the mean over its instances, the first of equal ones.
  void CatchUp(const CurveHistory& history) {
    cursor_.CatchUp(
        history,
        [this] {
          best_.reset();
          best_instances_.clear();
        },
        [this](const Curve& curve, int64_t step) {
          const bool has_result =
              step == 0 && curve.steps() > 0 && curve.condition == TrialCondition::kSucceeded;
          if (!has_result) return;
          std::vector<double> instances = Instances(curve);
          const double mean = MeanOf(instances, instances.size());
          const bool better =
              !best_ || mean < best_mean_ || (mean == best_mean_ && curve.number < *best_);
          if (!std::isfinite(mean) || !better) return;
          best_ = curve.number;
          best_mean_ = mean;
          best_instances_ = std::move(instances);
        });
  }

  const Options options_;
  LogCursor cursor_;
  std::optional<int64_t> best_;  // number
  double best_mean_ = 0;
  std::vector<double> best_instances_;
};

}  // namespace

StopperDescriptor WilcoxonStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "wilcoxon";
  descriptor.summary = "For folds and instances: stops what is surely worse than the best trial.";
  descriptor.source = "Wilcoxon, 1945; Optuna's WilcoxonPruner";
  descriptor.settings = {
      {.name = "p_threshold",
       .type = SettingType::kDouble,
       .default_value = "0.1",
       .min = 0,
       .max = 1,
       .min_exclusive = true,
       .max_exclusive = true,
       .help = "A trial is stopped when being so much worse by chance is less likely than this."},
      StartStepSetting(2),
      {.name = "reports",
       .default_value = "values",
       .choices = {"values", "means"},
       .help = "What a report is: the result on one instance, or the mean over all so far."}};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    return std::make_unique<WilcoxonRule>(
        WilcoxonRule::Options{.p_threshold = reader.Double("p_threshold").value_or(0.1),
                              .start_step = reader.Int("start_step").value_or(2),
                              .means = reader.String("reports") == "means"});
  };
  return descriptor;
}

}  // namespace qalam
