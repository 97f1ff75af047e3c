// Hyperband (Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization",
// JMLR 18, 2018) as a stopping rule: each trial belongs to one of the brackets, which differ in how
// early they begin to stop, and is compared with the trials of its own bracket. Differs from the
// paper in being asynchronous, as ASHA is, and in dealing out trials so that at any time brackets
// have trials in the paper's proportions: by its number a trial's bracket is known.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "earlystop/parts.h"
#include "earlystop/registry.h"
#include "earlystop/rungs.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// The fractional parts of multiples of this fill the unit interval evenly, however many they are.
constexpr double kGoldenRatio = 0.6180339887498949;

// How trials are dealt out. Bracket 0 begins to stop at `first` reports; the last never stops.
class Brackets {
 public:
  Brackets(int64_t first, int64_t eta, int64_t max_resource) {
    int64_t start = first;
    int count = 1;
    for (; start <= max_resource / eta; ++count) start *= eta;
    // n of the paper: ceil(B / (s + 1) * eta^s) trials begin in the bracket of s = count - 1 - i.
    double total = 0;
    double power = 1;
    std::vector<double> sizes(static_cast<size_t>(count));
    for (int s = 0; s < count; ++s, power *= static_cast<double>(eta)) {
      const double size = std::ceil(count / (s + 1.0) * power);
      sizes[static_cast<size_t>(count - 1 - s)] = size;
      total += size;
    }
    double sum = 0;
    for (const double size : sizes) bounds_.push_back((sum += size) / total);
    bounds_.back() = 1;
  }

  int count() const { return static_cast<int>(bounds_.size()); }
  int Of(int64_t trial) const {
    const double multiple = (static_cast<double>(trial) + 0.5) * kGoldenRatio;
    const double place = multiple - std::floor(multiple);
    int bracket = 0;
    while (place >= bounds_[static_cast<size_t>(bracket)]) ++bracket;
    return bracket;
  }

 private:
  std::vector<double> bounds_;  // upper ends of the brackets' parts of the unit interval
};

class HyperbandRule final : public EarlyStopper {
 public:
  HyperbandRule(const Rungs& rungs, int64_t min_trials)
      : brackets_(rungs.first, rungs.eta, rungs.end) {
    Rungs of_bracket = rungs;
    for (int i = 0; i < brackets_.count(); ++i, of_bracket.first *= rungs.eta) {
      const auto wanted = [brackets = brackets_, i](const Curve& curve) {
        return brackets.Of(curve.number) == i;
      };
      // The paper's last bracket runs every trial to its end.
      if (i == brackets_.count() - 1) of_bracket.first = std::max(of_bracket.first, rungs.end);
      ladders_.push_back(std::make_unique<Ladder>(of_bracket, min_trials, wanted));
    }
  }

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    const int bracket = brackets_.Of(running.number);
    return ladders_[static_cast<size_t>(bracket)]->Judge(running, history,
                                                         absl::StrCat(" of bracket ", bracket));
  }

  // Which bracket the next trial will be in is not known to whoever asks.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }

 private:
  const Brackets brackets_;
  std::vector<std::unique_ptr<Ladder>> ladders_;
};

absl::Status Validate(const StopperSpec& spec) {
  if (spec.settings.contains("max_resource")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "hyperband needs the setting max_resource, the number of reports of a whole trial: its "
      "brackets follow from it");
}

}  // namespace

StopperDescriptor HyperbandStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "hyperband";
  descriptor.summary = "Like asha, in brackets that begin to stop earlier or later.";
  descriptor.source = "Li et al., JMLR 18, 2018, in stopping form";
  descriptor.settings = {
      MaxResourceSetting("Reports of a whole trial; must be given."), MinResourceSetting(),
      EtaSetting(),
      MinTrialsSetting("",
                       "Other trials of the bracket at a rung before any is stopped there; eta "
                       "unless given.")};
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.validate = Validate;
  descriptor.create = [settings](const StopperSpec& spec) {
    const SettingsReader reader(settings, spec.settings);
    const Rungs rungs{.first = reader.Int("min_resource").value_or(kMinResource),
                      .eta = reader.Int("eta").value_or(3),
                      .end = reader.Int("max_resource").value_or(2)};
    return std::make_unique<HyperbandRule>(rungs,
                                           reader.Int("min_trials_required").value_or(rungs.eta));
  };
  return descriptor;
}

}  // namespace qalam
